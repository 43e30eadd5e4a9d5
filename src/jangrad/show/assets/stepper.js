// show/assets/*.mjs by esbuild@0.28.2, of 65b36d3bcec85c3e
(()=>{var{abs:B,max:T,min:U}=Math,Jt=t=>typeof t=="number"?t:Number(String(t).replace("inf","Infinity"));function P(t){if(isNaN(
t))return"nan";if(!isFinite(t))return t>0?"inf":"-inf";if(!t)return"0";let[e,n]=t.toExponential(5).split("e");return n>=
-4&&n<6?String(Number(t.toPrecision(6))):`${Number(e)}e${n<0?"-":"+"}${String(B(n)).padStart(2,"0")}`}var wt=(t,e)=>P(e===
6?t:Number(t.toPrecision(e))),nt=t=>Object.is(t,-0)?"-0":P(t),xt=t=>P(t).replace(/^-.*/,"($&)"),Kn=t=>(t<0||isNaN(t)?"":
"+")+P(t),ft=t=>String(t).replace(/\B(?=(\d{3})+$)/g,",");function Ce(t){let e=c=>{let l=c.trim().replace(",",".").replace(
"−","-");return/^[+-]?inf(inity)?$/i.test(l)?l[0]==="-"?-1/0:1/0:/^nan$/i.test(l)?NaN:/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.
test(l)?Number(l):void 0},[n,o,...i]=t.split("/").map(e);if(!(n===void 0||i.length))return t.includes("/")?o===void 0?void 0:
n/o:n}var Le=t=>`“${t}” is not a number: 2.5, -1e-3 or 1/3 are.`,ts=/[\u1100-\u115f\u2e80-\ud7a3\uf900-\uff60\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/gu,
on=t=>[...t].length+(t.match(ts)||[]).length,Wn=36,$t=/^row (\d+): /;function Y(t){return t=t.replace($t,""),t=t.replace(
/\.layers\[(\d+)\]\.neurons\[(\d+)\]/g,"[$1][$2]").replace(/\.weights\[/g,".w["),t.length>Wn?"…"+t.slice(1-Wn):t}var Un=(t,e)=>T(
e,250*t.trim().split(/\s+/).length);var lt=t=>typeof t=="number";function Xn(t,e){let n=t.inputs,o=n.length,i=o-1,c=t.data.map(Jt),l=t.op.map(g=>e[g]),r=n.map(
g=>g.every(lt)?null:g.map(S=>lt(S)?0:Jt(S[0]))),a=(g,S,L)=>lt(g)&&L.indexOf(g)===S,f=n.map(g=>g.every(a)?g:g.filter(a)),
d=g=>f[g],p=new Int32Array(o),x=new Int32Array(o).fill(-1),$=[],b=[];for(let g=0;g<o;g++)if(l[g]){for(let S of d(g))p[S]++;
x[g]=$.length,$.push(g),b.push(-1)}let C=$.length,O=new Int32Array(o+1),R=new Int32Array(p.reduce((g,S)=>g+S,0));for(let g=0;g<
o;g++)O[g+1]=O[g]+p[g];let y=O.slice();$.push(i),b.push(-2);for(let g=i;g>=0;g--)if(l[g])for(let S of d(g))R[y[S]++]=$.length,
$.push(g),b.push(S);let E=$.length,z=g=>Array.from(R.subarray(O[g],O[g+1])),_=(g,S)=>{let L=n[g],D=new Array(L.length);for(let F=0;F<
D.length;F++)D[F]=lt(L[F])?S[L[F]]:r[g][F];return D},J=g=>{let S=Float64Array.from(g);for(let L=0;L<o;L++)l[L]&&(S[L]=l[L].
f(..._(L,S)));return S},H=(g,S,L)=>{let D=_(g,L),F=0;return n[g].forEach((ct,w)=>{ct===S&&(F+=l[g].d[w](...D,L[g])??0)}),
F};function m(g){let S=J(g),L=new Float64Array(o),D=new Uint8Array(o),[F,ct,w,v]=[0,1,2,3].map(()=>new Float64Array(E));
L[i]=D[i]=1;for(let k=C+1,N=-1,W;k<E;k++){$[k]!==N&&(N=$[k],W=_(N,S));let j=b[k],Z=n[N];w[k]=L[j];for(let Q=0;Q<Z.length;Q++){
if(Z[Q]!==j)continue;let K=l[N].d[Q](...W,S[N]);K!==null&&(F[k]+=K,D[N]&&(D[j]=1,ct[k]+=L[N]*K,L[j]+=L[N]*K))}v[k]=L[j]}
return{data:S,grad:L,local:F,amount:ct,before:w,after:v}}return{D:t,ops:e,N:o,ROOT:i,STEPS:E,SEED:C,ins:n,first:c,plain:r,
uses:p,born:x,stepNode:$,stepInput:b,received:z,operands:d,valuesOf:J,localOf:H,run:m,curve:(g,S,L)=>{let D=g.slice();return L.
map(F=>(D[S]=F,J(D)[i]))}}}var Hn=(t,e,n,o)=>o.reduce((i,c)=>i+t.grad[c]*(n[c]-e[c]),0);function Yn(t,e,n,o){let{STEPS:i,
SEED:c,stepNode:l,stepInput:r}=t,a=d=>d===c?"seed":`${d<c}${o(r[d]<0?l[d]:r[d])}`;if(n>0){if(e>=i)return i;let d=a(e);do
e++;while(e<i&&a(e)===d);return e}if(e<=0)return 0;let f=a(--e);for(;e>0&&a(e-1)===f;)e--;return e}function Vn(t,e,n){let o=t.map(()=>!1),i=t.map((l,r)=>r).filter(l=>t[l].open).sort((l,r)=>t[l].open-t[r].open),c=1;for(let l of i)
(!l||o[t[l].parent]&&c+e[l]-1<=n)&&(o[l]=!0,c+=e[l]-1);return o}function Gn(t,e){let[n,o,i]=[0,1,2].map(()=>new Int32Array(
t.length));return e.forEach((c,l)=>{for(o[c]++;c>=0;c=t[c].parent)n[c]++,i[c]=l}),t.forEach(c=>{c.parent>=0&&o[c.parent]++}),
{sizes:n,inside:o,last:i}}function Jn({boxes:t,boxOf:e,edges:n},o){let i=t.map(o),c=n.filter(([d,p])=>i[d]||i[p]),l=i.slice(),
r=[];for(let[d,p]of c)l[d]=l[p]=!0;let a=t.filter((d,p)=>(r[p]=-1,l[p]));a.forEach(d=>{d.beside=!o(d)});let f=0;return l.
forEach((d,p)=>{d&&(r[p]=f++)}),{boxes:a,boxOf:e.map(d=>r[d]),edges:c.map(([d,p])=>[r[d],r[p]])}}function Qn(t,e,n,o,i){
let{N:c,ins:l}=t,r=new Int32Array(e.length).fill(-1);e.forEach((y,E)=>{let z=y.parent<0?-1:r[y.parent];r[E]=z>=0?z:i[E]?
-1:E});let a=new Int32Array(e.length).fill(-1),f=[],d=new Int32Array(c);for(let y=0;y<c;y++){let E=r[n[y]],z=E>=0&&o[E]>
1,_=d[y]=z&&a[E]>=0?a[E]:f.length;_<f.length?f[_].node=y:(f.push({key:z?"g"+E:"n"+y,group:z?E:-1,node:y}),z&&(a[E]=_))}let p=new Set,
x=[];for(let y=0;y<c;y++){let E=l[y],z=d[y];for(let _=0;_<E.length;_++){let J=lt(E[_])?d[E[_]]:z,H=J*f.length+z;J!==z&&!p.
has(H)&&(p.add(H),x.push([J,z]))}}let $=f.map(()=>0),b=f.map(()=>[]),C=[];for(let[y,E]of x)$[E]++,b[y].push(E);let O=f.map(
(y,E)=>E).filter(y=>!$[y]).reverse();for(;O.length;){let y=O.pop();C.push(y);for(let E of b[y].reverse())--$[E]||O.push(
E)}let R=[];return C.forEach((y,E)=>{R[y]=E}),{boxes:C.map(y=>f[y]),boxOf:d.map(y=>R[y]),edges:x.map(([y,E])=>[R[y],R[E]]).
sort((y,E)=>y[0]-E[0]||y[1]-E[1])}}var un={"+":(t,e)=>t+e,"-":(t,e)=>t-e,"*":(t,e)=>t*e,"/":(t,e)=>t/e,"<":(t,e)=>t<e,"<=":(t,e)=>t<=e,">":(t,e)=>t>e,">=":(t,e)=>t>=
e,"==":(t,e)=>t===e,"!=":(t,e)=>t!==e},Zt=Array.isArray;function to(t,e,n){if(typeof t=="number")return t;if(typeof t=="\
string")return e[t];let[o,...i]=t,c=l=>to(l,e,n);return o==="num"?Jt(i[0]):o==="const"?i[1]:o==="neg"?-c(i[0]):o==="if"?
c(c(i[0])?i[1]:i[2]):o==="and"?i.every(c):o==="or"?i.some(c):o==="call"?n[i[0]].f(...i.slice(1).map(c)):o==="**"?n.pow?n.
pow.f(...i.map(c)):c(i[0])**c(i[1]):o==="%"?c(i[0])%c(i[1]):un[o](c(i[0]),c(i[1]))}function we(t,e,n,o,i){if(typeof t=="\
number")return t;if(typeof t=="string")return e[t]??t;let[c,...l]=t,r=$=>we($,e,n,o,i);if(c==="const"||c==="num")return t;
if(c==="if"&&n)return r(to(l[0],n,o)?l[1]:l[2]);if(c==="call")return["call",l[0],...l.slice(1).map(r)];let a=[c,...l.map(
r)],[,f,d]=a;if(!i&&c==="neg")return typeof f=="number"?-f:Zt(f)&&f[0]==="neg"?f[1]:a;if(i||!"+-*/**".includes(c))return a;
let p=typeof f=="number"?f:void 0,x=typeof d=="number"?d:void 0;return p!==void 0&&x!==void 0&&"+-*".includes(c)&&c!=="*\
*"?un[c](p,x):x===("+-".includes(c)?0:1)?f:p===0&&c==="+"||p===1&&c==="*"?d:a}function dn(t){for(let e="";e!==t;)e=t,t=t.
replace(/\([^()]*\)|\[[^\[\]]*\]/g,"");return/[-+*/^%<>=|&,;@·×−⋅]/.test(t)}var eo=0,rn=1,es=2,ns=3,an=4,Zn=5,sn=6,
Re=7,no=8,Kt=9,he={"+":Zn,"-":Zn,"*":sn,"/":sn,"%":sn,"**":no,or:rn,and:es},xe=t=>{if(typeof t=="number")return t<0||Object.
is(t,-0)?Re:Kt;if(typeof t=="string")return Kt;if(!Zt(t))return"name"in t?dn(t.name)?an:Kt:xe(t.value);let e=t[0];return e===
"neg"?Re:e==="if"?eo:e in he?he[e]:e in un?ns:Kt},cn=t=>typeof t=="number"?xe(t)===Re:Zt(t)?t[0]==="neg"&&typeof t[1]=="\
number":!!t&&"value"in t&&cn(t.value);function pn(t,e){let n=a=>pn(a,e),o=(a,f)=>xe(a)>=f?n(a):e.enclosed(n(a));if(typeof t==
"number")return e.number(t);if(typeof t=="string")return e.name(t);if(!Zt(t))return e.operand(t);let[i,...c]=t,[l,r]=c;if(i===
"num")return e.number(Jt(l));if(i==="const")return e.name(l);if(i==="neg")return e.negative(o(l,cn(l)?Kt:Re));if(i==="ca\
ll")return e.call(l,c.slice(1).map(n),c.slice(1));if(i==="if")return e.choice(o(r,rn),o(l,rn),o(c[2],eo));if(i==="and"||
i==="or")return e.joined(c.map(a=>o(a,he[i]+1)),i);if(i in he){let a=he[i],f=i==="**",d=e.tall&&(i==="/"||f),p=cn(r)?Kt:
a+!f;return e.binary(i,i==="/"&&d?n(l):o(l,a+f),d?n(r):o(r,p))}return e.binary(i,o(l,an),o(r,an))}var ln=t=>Object.is(t,
-0)?"-0":P(t),os={number:ln,name:t=>t,operand:t=>"name"in t?t.name:ln(t.value),enclosed:t=>`(${t})`,negative:t=>"-"+t,call:(t,e)=>`${t}\
(${e.join(", ")})`,choice:(t,e,n)=>`${t} if ${e} else ${n}`,joined:(t,e)=>t.join(` ${e} `),binary:(t,e,n)=>`${e} ${t} ${n}`},
Qt=t=>pn(t,os),$e=t=>xe(t)===Kt&&!(Zt(t)&&t[0]==="**")?Qt(t):`(${Qt(t)})`,fn=t=>t.replace(/[&<>"]/g,e=>({"&":"&amp;","<":"\
&lt;",">":"&gt;",'"':"&quot;"})[e]),bt=t=>`<mo>${t}</mo>`,ut=t=>`<mrow>${t}</mrow>`,Nt=t=>{let[e,n]=ln(t).replace("inf",
"∞").replace(/^-/,"−").split("e");return n?ut(`<mn>${e}</mn>${bt("·")}<msup><mn>10</mn><mn>${Number(n)}</mn></msup>`.
replace(/<mn>-/g,"<mn>−")):`<mn>${e}</mn>`},mn=(t,e,n="")=>`<mi${t.length>1?' mathvariant="normal"':""}${n&&` class="${n}\
"`}${e===void 0?"":` data-node="${e}"`}>${fn(Y(t))}</mi>`,oo={tall:!0,number:Nt,name:t=>`<mi>${{pi:"π"}[t]||fn(t)}</mi>`,
operand:t=>"name"in t?mn(t.name,t.node):`<mrow class="d" data-node="${t.node}">${Nt(t.value)}</mrow>`,enclosed:t=>ut(bt(
"(")+t+bt(")")),negative:t=>ut(bt("−")+t),call:(t,e,n)=>t==="sqrt"?`<msqrt>${e[0]}</msqrt>`:t==="exp"?`<msup><mi>e</mi\
>${ut(e[0])}</msup>`:ut(t==="abs"?bt("|")+e[0]+bt("|"):`<mi mathvariant="normal">${fn(t)}</mi>`+bt("(")+e.join(bt(","))+
bt(")")),choice:(t,e,n)=>ut(`${t}<mtext> if </mtext>${e}<mtext> else </mtext>${n}`),joined:(t,e)=>ut(t.join(`<mtext> ${e}\
 </mtext>`)),binary:(t,e,n)=>t==="/"?`<mfrac>${ut(e)}${ut(n)}</mfrac>`:t==="**"?`<msup>${ut(e)}${ut(n)}</msup>`:ut(e+bt(
{"*":"·","-":"−","<":"&lt;",">":"&gt;","<=":"≤",">=":"≥","==":"=","!=":"≠"}[t]||t)+n)},ge=t=>pn(t,oo),so=t=>xe(
t)>=no||Zt(t)&&t[0]==="/"?ge(t):oo.enclosed(ge(t));function ro(t){let{D:e,ops:n,ins:o,plain:i,ROOT:c}=t,l=m=>m===1?["x"]:m===2?["a","b"]:Array.from({length:m},(I,g)=>"x"+(g+
1)),r=m=>({node:m,name:e.name[m]}),a=(m,I,g=r(m))=>{let S={y:g};return l(o[m].length).forEach((L,D)=>{S[L]=lt(o[m][D])?I(
o[m][D]):i[m][D]}),S},f=m=>e.rules[e.op[m]],d=m=>we(f(m)[0],a(m,r),null,n,!0),p=(m,I)=>we(f(m)[0],a(m,g=>({node:g,value:I[g]})),
null,n,!0),x=(m,I,g)=>{let S=o[m].flatMap((D,F)=>D===I?[we(f(m)[1+F],a(m,r),a(m,ct=>g[ct],g[m]),n)]:[]);if(S.every(D=>typeof D==
"number"))return;let L=S.reduce((D,F)=>["+",D,F]);return Qt(L).length<=60?L:void 0},$=m=>e.op[m]?Qt(d(m)):"",b=m=>/^[\p{L}_][\p{L}\p{N}_]*$/u.
test(e.name[m])?e.name[m]:`(${e.name[m]})`,C=(m,I)=>`d${b(m)}/d${b(I)}`,O=m=>mn(e.name[m],m),R=m=>`<mrow><mo>∂</mo>${dn(
e.name[m])?`<mo>(</mo>${O(m)}<mo>)</mo>`:O(m)}</mrow>`,y=(m,I,g)=>`<mfrac class="${g}">${R(m)}${R(I)}</mfrac>`,E=m=>m.filter(
(I,g)=>I&&I!==m[g-1]).join(`
`),z=(m,I)=>`<mrow class="${I}">${m<0?`<mo>(</mo>${Nt(m)}<mo>)</mo>`:Nt(m)}</mrow>`;function _(m,I,g){let S=g?"?":nt(I[m]),
L=[e.name[m],$(m),Qt(p(m,I)),S].filter((F,ct,w)=>F!==w[ct-1]).join(" = "),D=E([O(m),ge(d(m)),ge(p(m,I)),g?"<mo>?</mo>":`\
<mrow class="d">${Nt(I[m])}</mrow>`]);return[L,D]}function J(m,I,g,S,L){let D=S.local[m],F=x(I,g,S.data),ct=S.grad[I],w=L?
"?":P(S.amount[m]),v=[`${C(c,I)} × ${C(I,g)}`,F&&`${C(c,I)} × ${$e(F)}`,`${xt(ct)} × ${L?F?$e(F):C(I,g):xt(D)}`,w],k="\
<mo>×</mo>",N=y(c,I,"g"),W=F&&`<mrow class="s">${so(F)}</mrow>`,j=[N+k+y(I,g,"s"),F&&N+k+W,z(ct,"g")+k+(L?W||y(I,g,"s"):
z(D,"s")),L?"<mo>?</mo>":`<mrow class="g">${Nt(S.amount[m])}</mrow>`];return[v.filter(Boolean).join(" = "),E(j)]}function H(m,I,g,S,L){
let D=S?[]:[`${P(g.before[m])} + ${xt(g.amount[m])}`],F=`${C(c,I)} ${L?"":"so far "}= ${[...D,P(g.after[m])].join(" = ")}`,
ct=y(c,I,"g")+(L?"":"<mtext> so far</mtext>")+`
`+(S?"":`${Nt(g.before[m])}<mo>+</mo>${z(g.amount[m],"g")}
`)+`<mrow class="g">${Nt(g.after[m])}</mrow>`;return[F,ct]}return{formula:$,computed:p,valueLine:_,chainLine:J,sumLine:H,
slope:x,d:C,partial:y}}var u=t=>document.getElementById(t),tt=(t,e,n)=>u(t).addEventListener(e,n),h=JSON.parse(u("data").textContent);h.origins=
Object.keys(h.origin).map(Number);var V=Xn(h,OPS),{N:yt,ROOT:q,STEPS:et,SEED:vt,ins:rt,first:ot,uses:Pt,born:wn,stepNode:zt,
stepInput:be,received:Xt}=V,G=ro(V),st=h.groups,{sizes:ee,inside:xn,last:Ht}=Gn(st,h.home),hn=V.run(ot),s={now:0,R:hn,original:hn,
leaves:ot.slice(),chosen:q,fresh:!0,slopes:!1,quiz:!!h.quiz,open:st.map(()=>!1),focus:0,digits:6,boxes:[],edges:[],boxOf:new Int32Array(
yt)},ss=5e3,Ut=new Float64Array(yt),Ct=new Int32Array(yt),io=[],Te=t=>io.push(t),it=()=>{for(let t of io)t()};function Ot(){
let t=s.now-1;if(t<0||s.fresh)return{s:t,kind:"",node:-1,target:-1};let e=zt[t],n=be[t];return{s:t,kind:n===-1?"forward":
n===-2?"seed":"backward",node:e,target:n<0?e:n}}function te(t){t=T(0,U(et,t));let{before:e,after:n}=s.R,{now:o}=s;for(;o<
t;o++){let i=be[o];i===-2&&(Ut[q]=1,Ct[q]=1),i>=0&&(Ut[i]=n[o],Ct[i]++)}for(;o>t;){let i=be[--o];i===-2&&(Ut[q]=0,Ct[q]=
0),i>=0&&(Ut[i]=e[o],Ct[i]--)}s.now=t}var at=t=>wn[t]<s.now,Ie=t=>Ct[t],ao=t=>Ut[t],Mt=t=>t===q?Ct[t]>0:Ct[t]===Pt[t]&&s.
now>vt,ne=t=>at(t)?nt(s.R.data[t]):"?",co=t=>Ct[t]||Mt(t)?wt(Ut[t],s.digits)+(Mt(t)?"":s.digits===6?" so far":" …"):"?",
lo=t=>at(t)?Object.is(s.R.data[t],-0)?"-0":wt(s.R.data[t],s.digits):"?",Lt=t=>Ct[t]?P(Ut[t])+(Mt(t)?"":" so far"):Mt(t)?
"0":"not computed",fo=(t,e)=>at(t)&&(!s.quiz||Xt(e).some(n=>zt[n]===t&&n<s.now)),gn=new Set,$n=()=>[...gn].sort((t,e)=>t-
e);function bn(t,e){let n=s.now;te(0),s.leaves[t]=e,gn[Object.is(e,ot[t])?"delete":"add"](t),s.R=gn.size?V.run(s.leaves):
hn,te(n)}var oe=t=>t.label||`${h.name[t.closing]} = ${G.formula(t.closing)}`,qe=t=>`${ft(ee[t])} Values`,ye=(t,e)=>{for(;t>
e;)t=st[t].parent;return t===e};function uo(){let t=Qn(V,st,h.home,ee,s.open);Object.assign(s,s.focus?Jn(t,e=>ye(h.home[e.
node],s.focus)):t)}function Me(t){if(!(yt<=ss)){for(;t>0&&(!s.open[t]||s.begun[t]||xn[t]<3);)t=st[t].parent;s.focus=T(0,
t)}}function Ft(t){let e=[];for(let n=h.home[t];n>=0;n=st[n].parent)e.unshift(n);return e}var yn=8,A=(t,e,n,o)=>{let i=document.createElement(e);return n!==void 0&&(i.textContent=n),o&&(i.className=o),t.append(
i),i},vn=(t,e)=>{t.textContent!==e&&(t.textContent=e)};function Dt(t,[e,n],o=""){let i=e.split(" = ").some(r=>r.length>36),
c=A(t,"p",void 0,`eq ${i?"long":o}`);A(c,"span",e,"said");let l=A(c,"span");return l.setAttribute("aria-hidden","true"),
l.innerHTML=kn(n),c}var rs=/<m(frac|sup|sqrt)/,is=/<mo>([(),|])<\/mo>/g,kn=t=>t.split(`
`).map((e,n)=>{let o=(n?'<mo lspace="0" rspace=".3em">=</mo>':"")+e;return rs.test(e)?`<math>${o}</math>`:`<span class="\
flat">${o.replace(is,"$1")}</span>`}).join(" "),On=t=>$t.test(h.name[t])?`, row ${$t.exec(h.name[t])[1]}`:"",po=(t,e)=>`${ft(
t)} ${e}${t===1?"":"s"}`;function mo(){let t=u("line"),{s:e,kind:n,node:o,target:i}=Ot();if(t.replaceChildren(),!n){A(t,
"h2","This page"),A(t,"p",`Forward, ${po(vt,"step")}: every value from the inputs to ${h.name[q]}. Backward, ${po(et-vt,
"step")}: every gradient from it to the inputs.`);for(let d of h.origins.slice(0,3))A(t,"p",h.origin[d][1]+".","g");A(t,
"p",s.quiz?"Type each number before it is shown; the answer makes the next step.":s.now?"“play” shows it from the beginn\
ing. Press a box to look at it; drag the number of a blue one.":"The right arrow key makes the next step.","f");return}if(n===
"forward"){A(t,"h2",`Forward, step ${ft(e+1)} of ${ft(vt)}${On(o)}`),Dt(t,G.valueLine(o,s.R.data),"big");return}if(A(t,"\
h2",`Backward, step ${ft(e-vt+1)} of ${ft(et-vt)}${On(o)}`),n==="seed"){Dt(t,[`${G.d(q,q)} = 1`,G.partial(q,q,"g")+`
<mn>1</mn>`],"big"),A(t,"p","Every gradient starts here: so much the last number changes with itself.");return}let c=Xt(
i)[0]===e,l=Mt(i),r=Pt[i]-Ie(i);A(t,"p",`${Y(h.name[o])} hands to ${Y(h.name[i])} its gradient times the local slope:`);
let[a,f]=G.chainLine(e,o,i,s.R);if(Pt[i]===1){Dt(t,[`${G.d(q,i)} = ${a}`,`${G.partial(q,i,"g")}
${f}`],"big");return}Dt(t,[a,f],"big"),Dt(t,G.sumLine(e,i,s.R,c,l)),A(t,"p",l?"That was the last part of the sum.":`${r}\
 more to come.`,"f")}function as(t){let e=A(t,"button");e.title="go to this step",A(e,"span"),A(e,"b","","g"),A(A(e,"i"),
"i"),A(e,"small")}var ho=()=>{},go=t=>{ho=t};function wo(){let t=s.chosen,e=u("chosenname"),n=u("chosenlines"),o=u("cont\
ributions");e.textContent=h.name[t],n.replaceChildren();let{kind:i,target:c}=Ot();h.op[t]&&!(i==="forward"&&c===t)&&Dt(n,
G.valueLine(t,s.R.data,!at(t)));let l=A(n,"p");h.origin[t]&&s.R===s.original&&A(n,"p",h.origin[t][1]+".","g"),l.append("\
value "),A(l,"b",ne(t),"d"),l.append(", gradient "),A(l,"b",Lt(t),"g");let r=Xt(t),a=r.filter(b=>b<s.now).sort((b,C)=>B(
s.R.amount[C])-B(s.R.amount[b])),f=a.reduce((b,C)=>b+B(s.R.amount[C]),0),d=a.length?B(s.R.amount[a[0]]):0;a.length>1&&l.
append(", the sum of");let p=a.length>1||r.length>1?U(yn,a.length):0,x=o.contains(document.activeElement);for(;o.children.
length>p;)o.lastChild.remove();for(;o.children.length<p;)as(o);a.slice(0,p).forEach((b,C)=>{let O=zt[b],R=s.R.amount[b],
y=o.children[C],[E,z,_,J]=y.children,H=_.firstChild;y.setAttribute("aria-label",`${G.d(q,O)} × ${G.d(O,t)} = ${P(s.R.grad[O])}\
 × ${xt(s.R.local[b])} = ${P(R)}`),vn(E,On(O)?`row ${$t.exec(h.name[O])[1]}: ${Y(h.name[O])}`:`through ${Y(h.name[O])}`),
vn(z,P(R)),H.className=R<0?"minus":"",H.style.width=`${d&&isFinite(d)?100*B(R)/d:0}%`,vn(J,f&&isFinite(f)?`${Math.round(
100*B(R)/f)} %`:""),y.onclick=()=>ho(b+1)}),x&&!o.contains(document.activeElement)&&(o.lastChild||e).focus(),u("more").textContent=
a.length>yn?`and ${ft(a.length-yn)} more`:"",u("made").textContent=h.line[t]||"",u("tovalue").hidden=!h.op[t];let $=Ft(t).
filter(b=>b>0&&s.open[b]&&ee[b]>1).pop();u("unfold").hidden=!$,$&&(u("unfold").textContent=`fold ${Y(oe(st[$]))}`,u("unf\
old").dataset.group=$)}var xo=t=>wn[t]+1,$o=t=>T((Xt(t).pop()??-1)+1,vt+1);var Pe=46,cs=12,ls=7,fs=24,us=6,ds=600;function yo(t,e,n,o){let i=o==="down"?null:bo(t,e);if(i&&(o||Yt(i,n)>=1))return i;
let c=bo(t.map(([r,a])=>[a,r]),e),l={...c,x:c.y,y:c.x,width:c.height,height:c.width,down:!0,routes:c.routes.map(r=>r.map(
([a,f])=>[f,a]))};return!i||Yt(l,n)>Yt(i,n)?l:i}function vo(t,e,n){let o=n-Pe,i=T(0,...t.columns),c=t.down?"y":"x",l=t.down?
1:0;return{...t,[c]:t[c].map((r,a)=>r+o*t.columns[a]),[t.down?"height":"width"]:t[t.down?"height":"width"]+o*i,routes:t.
routes.map((r,a)=>r.map((f,d)=>{let p=f.slice();return p[l]+=o*(t.columns[e[a][0]]+(d>>1)),p}))}}var Yt=(t,e)=>U(e[0]/T(
t.width,1),e[1]/T(t.height,1));function bo(t,e){let n=t.length,o=ps(n,e),i=t.map(w=>w[0]),c=t.map(w=>w[1]),l=o.slice(),r=t.
map(()=>[]),a=t.map(()=>[]),f=new Map,d=(w,v)=>{a[w].push(v),r[v].push(w)};for(let[w,v]of e){f.has(w)||f.set(w,[]);let k=f.
get(w),N=o[v]-o[w];for(;k.length<N-1;){let W=k.length?k[k.length-1]:w,j=l.length;i.push(0),c.push(0),l.push(l[W]+1),r.push(
[]),a.push([]),d(W,j),k.push(j)}d(N>1?k[N-2]:w,v)}let p=l.length,x=new Array(p).fill(0),$=-1;for(let w of l)$=T($,w);let b=Array.
from({length:$+1},()=>[]),C=()=>{for(let w of b)w.forEach((v,k)=>{x[v]=k})},O=new Array(p).fill(!1);for(let w=0;w<p;w++){
if(a[w].length)continue;let v=[w];for(;v.length;){let k=v.pop();if(!O[k]){O[k]=!0,b[l[k]].push(k);for(let N=r[k].length-
1;N>=0;N--)v.push(r[k][N])}}}C();function R(){let w=0;for(let v=0;v+1<b.length;v++){let k=b[v+1].length,N=new Array(k+1).
fill(0),W=0;for(let j of b[v]){let Z=a[j].map(Q=>x[Q]);for(let Q of Z){let K=0;for(let St=Q+1;St;St&=St-1)K+=N[St];w+=W-
K}for(let Q of Z){for(let K=Q+1;K<=k;K+=K&-K)N[K]++;W++}}}return w}function y(w){let v=w?r:a,k=w?b.slice(1):b.slice(0,-1).
reverse();for(let N of k){let W=new Map;N.forEach((j,Z)=>{let Q=0;for(let K of v[j])Q+=x[K];W.set(j,v[j].length?Q/v[j].length:
Z)}),N.sort((j,Z)=>W.get(j)-W.get(Z)),N.forEach((j,Z)=>{x[j]=Z})}}function E(w,v){let k=0;for(let N of[r,a])for(let W of N[w])
for(let j of N[v])x[W]>x[j]&&k++;return k}function z(w){let v=!0;for(let k=0;v&&k<8;k++){v=!1;for(let N of b)for(let W=0;W+
1<N.length;W++){let j=N[W],Z=N[W+1],Q=E(j,Z),K=E(Z,j);(K<Q||w&&K===Q)&&(N[W]=Z,N[W+1]=j,x[j]=W+1,x[Z]=W,v=v||K<Q)}}}let _=b.
map(w=>w.slice()),J=R();for(let w=0,v=0;w<fs&&J&&v<us;w++){v++,y(w%2===0),p<=ds&&(z(w%4<2),z(!1));let k=R();k<J&&(_=b.map(
N=>N.slice()),J=k,v=0)}b=_,C();let H=(w,v)=>(c[w]+c[v])/2+(w<n&&v<n?cs:ls),m=new Array(p).fill(0);for(let w of b){let v=0;
w.forEach((k,N)=>{v+=N?H(w[N-1],k):0,m[k]=v})}for(let w=0;w<6;w++)for(let v of w%2===0?b.slice().reverse():b){let k=[],N=[],
W=[],j=[],Z=0;v.forEach((K,St)=>{Z+=St?H(v[St-1],K):0,k.push(Z);let pe=w%2===0?a[K]:r[K],nn=pe.length&&w<2?pe:r[K].concat(
a[K]),Bn=0;for(let me of nn)Bn+=m[me];let Se=(nn.length?Bn/nn.length:m[K])-Z,Ne=K>=n?4:1,_n=1;for(;N.length&&N[N.length-
1]>Se;){let me=W.pop();Se=(N.pop()*me+Se*Ne)/(me+Ne),Ne+=me,_n+=j.pop()}N.push(Se),W.push(Ne),j.push(_n)});let Q=0;N.forEach(
(K,St)=>{for(let pe=0;pe<j[St];pe++,Q++)m[v[Q]]=K+k[Q]})}let I=1/0;for(let w=0;w<p;w++)I=U(I,m[w]-c[w]/2);p||(I=0),m=m.map(
w=>w-I);let g=[],S=[],L=0,D=0;for(let w of b){let v=0;for(let k of w)v=T(v,i[k]);g.push(L),S.push(L+v),L+=v+Pe}for(let w=0;w<
p;w++)D=T(D,m[w]+c[w]/2);let F=o.map(w=>(g[w]+S[w])/2),ct=e.map(([w,v])=>[[F[w]+t[w][0]/2,m[w]],[S[o[w]],m[w]],...f.get(
w).slice(0,T(0,o[v]-o[w]-1)).flatMap(k=>[[g[l[k]],m[k]],[S[l[k]],m[k]]]),[g[o[v]],m[v]],[F[v]-t[v][0]/2,m[v]]]);return{x:F,
y:m.slice(0,n),columns:o,routes:ct,width:b.length?S[b.length-1]:0,height:D,crossings:J,down:!1}}function ps(t,e){let n=Array.
from({length:t},()=>[]),o=Array.from({length:t},()=>[]);for(let[r,a]of e)n[a].push(r),o[r].push(a);let i=new Array(t).fill(
0),c=0,l=1/0;for(let r=0;r<t;r++){for(let a of n[r])i[r]=T(i[r],i[a]+1);c=T(c,i[r])}for(let r=t-1;r>=0;r--){let a=o[r].length?
1/0:c;for(let f of o[r])a=U(a,i[f]-1);i[r]=a}for(let r=0;r<t;r++){if(n[r].length>o[r].length&&n[r].every(a=>o[a].length>
1)){let a=0;for(let f of n[r])a=T(a,i[f]+1);i[r]=a}l=U(l,i[r])}return i.map(r=>r-l)}var ze=76,En=new Map;function Oo(t){if(t<0||!/(^|= )[Σ∏] of/.test(st[t].label))return[];if(En.has(t))return En.get(t);
let e=[],n=[Ht[t]];for(En.set(t,e);n.length&&e.length<60;){let o=n.pop();h.home[o]===t?n.push(...[...V.operands(o)].reverse()):
e.push(o)}return e}function ko(t,e){let n=t.map(c=>s.R.data[c]).map(c=>isFinite(c)?c:0),o=T(...n.map(B))||1,i=U(7,(ze-14)/
n.length);return n.map((c,l)=>`M${e+l*i} 14v${-11*c/o}h${T(1,i-1)}v${11*c/o}z`).join("")}var Bt=46,De=7.9,re=11,ms=12,hs=32,se=11.2/13,gs="http://www.w3.org/2000/svg",ws=matchMedia("(prefers-reduced-motion:red\
uce)"),M=(t,e,n={},o)=>{let i=document.createElementNS(gs,t);for(let c in n)i.setAttribute(c,n[c]);return o!==void 0&&(i.
textContent=o),e.append(i),i},Rt=u("picture"),Ao=null,Tt=()=>Ao??=Rt.getBoundingClientRect(),Ln=()=>{Ao=null};new ResizeObserver(
Ln).observe(Rt);var Fe=new Map,je=new Map,Sn=()=>{},jt=null,So=t=>{Sn=t};function No(){for(let t of[h.boxes,30,22,16,11]){
Object.assign(s,{open:Vn(st,xn,t),boxes:[],way:void 0,digits:6});let e=Yt(Cn(),Nn());if(e>=se||(s.digits=4,s.way=void 0,
e>.6*se&&Yt(Cn(),Nn())>=se))break}Object.assign(s,{boxes:[],begun:s.open.slice()}),Oe()}var Nn=()=>{let{width:t,height:e}=Tt();
return[t-30,e-36]};function Cn(){uo();for(let r of s.boxes){let a=r.node,f=st[r.group],d=h.op[a]?G.formula(a):"";r.label=
f?`${oe(f)}: ${qe(r.group)}, press to open`:h.name[a]+(d&&` = ${d}`),r.steps=!f&&Pt[a]>1&&Pt[a]<=40?Xt(a):[],r.whole=!f||
f.closing>=0,r.terms=Oo(r.group),[r.name,r.named,r.rest]=f&&f.label?[Y(f.label),!0,""]:[Y(h.name[a]),h.named[a],d&&xs(h.
name[a],d)],r.mark=f?h.origins.some(x=>ye(h.home[x],r.group))?"  not finite inside":"":h.origin[a]?`  ${h.origin[a][0]}`:
"";let p=r.whole?wt(s.R.data[a],s.digits).length+wt(s.R.grad[a],s.digits).length+(Pt[a]>1&&(s.digits===6?7:2))+8:qe(r.group).
length;r.wide=T(on(r.name+r.rest+r.mark)*De+(r.terms.length>1&&ze),p*De)+2*re}let t=Nn(),e=s.boxes.length<=ms,n=r=>t[r===
"down"?1:0],o=r=>yo(s.boxes.map(a=>[a.wide,Bt+r]),s.edges,t,s.way),i=o(e?14:0);e&&Yt(i,t)<1&&(i=o(0)),s.way=i.down?"down":
"right";let c=T(1,...i.columns),l=n(s.way)-(i.down?i.height:i.width);return i=vo(i,s.edges,T(hs,U(e?90:62,Pe+l/c))),s.boxes.
forEach((r,a)=>{r.x=i.x[a],r.y=i.y[a]}),i}function Oe(){let{boxes:t,boxOf:e}=s;$s(Cn(),t.length&&(n=>t[e[n]])),document.
querySelector("#legend .folded").hidden=s.boxes.every(n=>n.group<0)}function xs(t,e){let n=/^\w+\[\d+\]\[\d+\]\./.exec(t.
replace($t,"")),o=e.replace(/row \d+: /g,"").replace(/\.layers\[(\d+)\]\.neurons\[(\d+)\]/g,"[$1][$2]");return" = "+Y(n?
o.replaceAll(n[0],"."):o)}var Eo=(t,e,n)=>{t.style.transform=`translate(${n.x-e.wide/2}px,${n.y-Bt/2}px)`};function $s(t,e){
let n=new Map;for(let o of s.boxes){let i=Fe.get(o.key)||bs(o);Fe.delete(o.key),n.set(o.key,i),o.element=i,[o.value,o.gradient]=
i.querySelectorAll("tspan.data,tspan.grad");for(let c of i.querySelectorAll("rect.body,rect.back"))c.setAttribute("width",
o.wide);i.querySelector("rect.ring").setAttribute("width",o.wide+12),e&&Eo(i,o,e(o.node)??o),(i.parentNode!==u("boxes")||
i.nextSibling)&&u("boxes").append(i)}for(let o of Fe.values())o.remove();Fe=n,e&&Rt.getBoundingClientRect();for(let o of s.
boxes)Eo(o.element,o,o);u("edges").replaceChildren(),u("notes").replaceChildren(),je=new Map,s.edges.forEach(([o,i],c)=>{
let l=t.routes[c],[r,a]=l[0],f=`M${r} ${a}`,[d,p]=l[0];for(let[z,_]of l.slice(1)){let J=(r+z)/2,H=(a+_)/2;f+=r===z||a===
_?`L${z} ${_}`:t.down?`C${r} ${H} ${z} ${H} ${z} ${_}`:`C${J} ${a} ${J} ${_} ${z} ${_}`,[r,a]=[z,_]}let x=`M${r} ${a}`+(t.
down?"m-4 -8l4 8l4 -8":"m-8 -4l8 4l-8 4"),$=`M${d} ${p}`+(t.down?"m-4 8l4 -8l4 8":"m8 -4l-8 4l8 4"),b=M("path",u("edges"),
{class:"edge",d:f+x}),[C,O]=l.slice(-3),R=s.boxes[o].group<0&&s.boxes[i].group<0,y=t.down?C[0]<O[0]-1?-1:1:0,E=R&&M("tex\
t",u("notes"),{class:"note","text-anchor":["end","middle","start"][y+1],x:(C[0]+O[0])/2+8*y,y:(C[1]+O[1])/2+(y?4:-6)});je.
set(o*s.boxes.length+i,{u:o,v:i,line:b,path:f,there:x,back:$,note:E,way:x,middle:[(C[0]+O[0])/2,(C[1]+O[1])/2]})})}function bs(t){
let e=t.group<0&&!h.op[t.node],n=t.group>=0,o=M("g",u("boxes"),{class:`box${e?" leaf":""}${n?" fold":""}`,tabindex:0,role:"\
button"});o.dataset.key=t.key,M("title",o),M("rect",o,{class:"ring",x:-6,y:-6,height:Bt+12,rx:11}),n&&M("rect",o,{class:"\
back",x:4,y:4,height:Bt,rx:7}),M("rect",o,{class:"body",height:Bt,rx:7});let i=M("text",o,{x:re,y:19});M("tspan",i,{class:t.
named?"name":"how"},t.name),M("tspan",i,{class:"how"},t.rest),t.mark&&M("tspan",i,{class:"mark"},t.mark);let c=M("text",
o,{x:re,y:36,lengthAdjust:"spacingAndGlyphs"});return t.whole?(M("tspan",c,{class:"data"}),M("tspan",c,{class:"how"},"  \
grad "),M("tspan",c,{class:"grad"})):M("tspan",c,{class:"how"},qe(t.group)),M("g",o,{class:"parts"}),o.addEventListener(
"click",()=>{Be||Sn(t.key)}),o.addEventListener("keydown",l=>{l.key!=="Enter"&&l.key!==" "||(Sn(t.key),l.preventDefault(),
l.stopPropagation())}),o}var ie=t=>mt(t).element;function Co(){let{s:t,kind:e,node:n,target:o}=Ot(),i=s.quiz&&s.now<V.STEPS?
s.now:-1,c=i<0?-1:V.stepInput[i]<0?zt[i]:V.stepInput[i],l=e==="forward"?new Set(rt[n].filter(r=>typeof r=="number").map(
r=>s.boxOf[r])):new Set;s.boxes.forEach((r,a)=>{let f=r.node,d=r.element.classList,p={now:o>=0&&s.boxOf[o]===a,back:o>=0&&
s.boxOf[o]===a&&e!=="forward",sender:e==="backward"&&s.boxOf[n]===a&&s.boxOf[o]!==a,feeds:l.has(a)&&s.boxOf[n]!==a,asked:c>=
0&&s.boxOf[c]===a,chosen:s.boxOf[s.chosen]===a&&r.group<0,later:!at(f),wrong:r.mark&&s.R===s.original,beside:!!r.beside};
for(let $ in p)d.toggle($,!!p[$]);let x=r.label+(p.wrong?`;${r.mark}`:"");if(r.value){let $=lo(f),b=co(f);if(x+=`
value ${ne(f)}, gradient ${Lt(f)}`,r.value.textContent!==$||r.gradient.textContent!==b){r.value.textContent=$,r.gradient.
textContent=b;let C=r.value.parentNode,O=r.wide-2*re;on(C.textContent)*De>O+2?C.setAttribute("textLength",O):C.removeAttribute(
"textLength")}r.value.classList.toggle("changed",!h.op[f]&&!Object.is(s.leaves[f],V.first[f]))}h.line[f]&&r.group<0&&(x+=
`
`+h.line[f]),r.title!==x&&(r.element.firstChild.textContent=r.title=x,r.element.setAttribute("aria-label",x.replaceAll(`\

`,"; "))),ys(r)});for(let r of je.values()){let{u:a,v:f,line:d,note:p}=r,x=s.boxes[a].node,$=s.boxes[f].node,b=e==="back\
ward"&&s.boxOf[o]===a&&s.boxOf[n]===f;d.classList.toggle("now",b),d.classList.toggle("ahead",e==="forward"&&s.boxOf[n]===
f&&l.has(a)&&rt[n].some(E=>typeof E=="number"&&s.boxOf[E]===a));let C=b?r.back:r.there;if(C!==r.way&&d.setAttribute("d",
r.path+(r.way=C)),!p)continue;let O=rt[$].filter(E=>E===x).length,R=s.slopes&&fo($,x),y=b?"":R?wt(V.localOf($,x,s.R.data),
s.digits):O>1?`used ${O}×`:"";p.textContent!==y&&(p.textContent=y),p.classList.toggle("slope",R)}vs(e==="backward"&&s.boxOf[n]!==
s.boxOf[o]?je.get(s.boxOf[o]*s.boxes.length+s.boxOf[n]):null,t),mt(o)&&_e(mt(o)),It()}function ys(t){let{steps:e}=t,n=t.
terms.length>1&&t.terms.every(at),o=e.length&&s.now>V.SEED,i=n?1:o?e.filter(p=>p<s.now).length:-1,c=!s.fresh&&e.includes(
s.now-1);if(t.done===i&&t.last===c&&t.run===s.R)return;Object.assign(t,{done:i,last:c,run:s.R});let l=t.element.querySelector(
".parts");if(l.replaceChildren(),n&&M("path",l,{class:"spark",d:ko(t.terms,t.wide-ze+4)}),n||i<0)return;let r=e.map(p=>B(
s.R.amount[p])),a=r.reduce((p,x)=>p+x,0);if(!isFinite(a)||!a)return;let f=re,d=t.wide-2*re;M("rect",l,{class:"track",x:f,
y:Bt-6,width:d,height:4}),e.forEach((p,x)=>{let $=d*r[x]/a;p<s.now&&$>.4&&M("rect",l,{class:`part${s.R.amount[p]<0?" min\
us":""}${c&&p<s.now-1?" before":""}`,x:f+.5,y:Bt-6,width:T(.4,$-1),height:4}),f+=$})}var An=0;function vs(t,e){let n=u("\
pill");if(cancelAnimationFrame(An),n.replaceChildren(),!t){n.dataset.step="";return}let o=Kn(s.R.amount[e]),i=o.length*De+
14,c=n.dataset.step===String(e);M("rect",n,{x:-i/2,y:-11,width:i,height:22,rx:11}),M("text",n,{"text-anchor":"middle",y:4.5},
o);let l=(p,x)=>n.setAttribute("transform",`translate(${p} ${x})`);if(n.dataset.step=e,l(...t.middle),ws.matches||c||document.
hidden)return;let r=performance.now(),{line:a,middle:f}=t,d=p=>{t.long??=a.getTotalLength()-18;let x=O=>a.getPointAtLength(
t.long*O),$=O=>{let R=x(O);return Math.hypot(R.x-f[0],R.y-f[1])};t.rest??=Array.from({length:20},(O,R)=>R/20).reduce((O,R)=>$(
R)<$(O)?R:O);let b=U(1,T(0,(p-r)/600)),C=x(1-(1-t.rest)*(1-(1-b)**2));b<1?(l(C.x,C.y),An=requestAnimationFrame(d)):l(...f)};
An=requestAnimationFrame(d)}function Rn(t,e,n=()=>[]){let o=mt(e)??s.boxes[0],i=o.x*X+dt,c=o.y*X+pt;t(),Oe();let l=mt(e);
dt=i-l.x*X,pt=c-l.y*X,X<se&&ae(se/X,i,c),it();let{width:r,height:a}=Tt(),f=([p,x,$,b])=>(x-p)*X<r-20&&(b-$)*X<a-80,d=n();
f(_t(s.boxes))?Os():d.length&&f(_t(d))?Ro(_t(d)):s.focus?Vt(e):_e(l),It(!0)}function Lo(t){let e=Ft(t),n=e.filter(i=>!s.
open[i]),o=mt(t);(n.length||!o)&&Rn(()=>{for(let i of n)s.open[i]=!0;Me(e[e.length-1])},o?o.node:t)}var mt=t=>s.boxes[s.
boxOf[t]],X=1,dt=0,pt=0,Be=!1,ve=new Map,_t=t=>{let e=(n,o,i)=>n*T(...t.map(c=>n*c[o]+(i?c[i]:Bt)/2));return[e(-1,"x","w\
ide"),e(1,"x","wide"),e(-1,"y"),e(1,"y")]};function It(t){let{width:e,height:n}=Tt();if(s.boxes.length&&e){let[o,i,c,l]=_t(
s.boxes),r=60;dt=U(e-r-o*X,T(r-i*X,dt)),pt=U(n-r-c*X,T(r-l*X,pt))}t!==void 0&&u("view").classList.toggle("glide",t),u("v\
iew").style.transform=`translate(${dt}px,${pt}px) scale(${X})`}function ae(t,e,n){let{width:o,height:i}=Tt();e??=o/2,n??=
i/2;let c=T(.02,U(4,X*t));dt=e-(e-dt)*c/X,pt=n-(n-pt)*c/X,X=c,It(!1)}function Os(){let{width:t,height:e}=Tt(),[n,o,i,c]=_t(
s.boxes);dt=(t-(n+o)*X)/2,pt=(e-(i+c)*X)/2}function Vt(t,e=se,n=s.boxes){Ln();let{width:o,height:i}=Tt(),[c,l,r,a]=_t(n),
f=mt(t)??s.boxes[0];X=T(e,.02,U(1.8,(o-40)/(l-c),(i-46)/(a-r)));let d=(p,x,$,b)=>($-x)*X<=p-20?(p-(x+$)*X)/2:U(20-x*X,T(
p-20-$*X,p/2-b*X));dt=d(o,c,l,f.x),pt=d(i,r,a,f.y),It(!0)}var Tn=()=>Vt(q,0),_e=t=>Ro(_t([t]));function Ro([t,e,n,o]){let{
width:i,height:c}=Tt(),l=u("crumbs").hidden?14:44,r=(d,p,x,$)=>p-d>$-x?(x+$-d-p)/2:T(0,x-d)+U(0,$-p),a=r(t*X+dt,e*X+dt,12,
i-12),f=r(n*X+pt,o*X+pt,l,c-14);!a&&!f||(dt+=a,pt+=f,It(!0))}function We(){Ln(),Oe(),it(),Vt(s.chosen)}var To=()=>{},Io=t=>{
To=t};Rt.addEventListener("wheel",t=>{t.preventDefault();let e=Tt();ae(Math.exp(-t.deltaY*.0015),t.clientX-e.left,t.clientY-
e.top)},{passive:!1});Rt.addEventListener("pointerdown",t=>{Be=!1;let e=t.target.closest(".box.leaf .data");if(e&&!ve.size&&
!s.quiz&&!h.fixed){let n=Number(e.closest(".box").dataset.key.slice(1)),o=s.leaves[n];isFinite(o)&&(jt={id:t.pointerId,i:n,
from:t.clientX,x:o,unit:(B(V.first[n])||1)/100})}ve.set(t.pointerId,{start:t,last:t})});addEventListener("pointermove",t=>{
let e=ve.get(t.pointerId);if(!e)return;Math.hypot(t.clientX-e.start.clientX,t.clientY-e.start.clientY)>4&&(Be=!0);let{last:n}=e;
if(e.last=t,!Be)return;if(jt&&jt.id===t.pointerId){To(jt.i,Number((jt.x+Math.round(t.clientX-jt.from)*jt.unit).toPrecision(
6)));return}let o=[...ve.values()].filter(i=>i!==e);if(o.length){let i=Tt(),c=o[0].last,l=r=>Math.hypot(r.clientX-c.clientX,
r.clientY-c.clientY)||1;ae(l(t)/l(n),c.clientX-i.left,c.clientY-i.top)}else dt+=t.clientX-n.clientX,pt+=t.clientY-n.clientY,
It(!1)});for(let t of["pointerup","pointercancel"])addEventListener(t,e=>{ve.delete(e.pointerId),jt=null});addEventListener(
"beforeprint",()=>{let[t,e,n,o]=_t(s.boxes);Rt.setAttribute("viewBox",`${t-9} ${n-9} ${e-t+18} ${o-n+18}`),u("view").style.
transform=""});addEventListener("afterprint",()=>{Rt.removeAttribute("viewBox"),It()});var qo=33,ks=4e3,In=()=>!h.op[s.chosen],Mo=()=>B(ot[s.chosen])||1;function ke(t,e){s.chosen=t,Ke(""),bn(t,e),it()}var Ke=t=>{
u("trouble").textContent=t,u("value").setAttribute("aria-invalid",!!t)};function Po(){let t=s.chosen,e=$n();if(u("whatif").
hidden=s.quiz||!!h.fixed||!In()&&!e.length,u("try").hidden=!In(),u("whatif").hidden)return;let n=u("chips").contains(document.
activeElement);u("chips").replaceChildren();for(let r of e){let a=A(u("chips"),"button",`${Y(h.name[r])} ${nt(ot[r])} → ${nt(
s.leaves[r])} ✕`);a.setAttribute("aria-label",`put ${h.name[r]} back from ${nt(s.leaves[r])} to ${nt(ot[r])}`),a.onclick=
()=>ke(r,ot[r])}e.length>1&&(A(u("chips"),"button","put all back").onclick=()=>{for(let r of e)bn(r,ot[r]);it()}),n&&(u(
"chips").firstChild||u("value")).focus();let o=s.original.data[q],i=s.R.data[q],c=Hn(s.original,ot,s.leaves,e),l=Y(h.name[q]);
if(e.length){let r=e.slice(0,4).map(a=>`${P(s.original.grad[a])} × ${xt(s.leaves[a]-ot[a])}`).join(" + ")+(e.length>4?"\
 + …":"");u("tangent").textContent=`${l} = ${nt(i)} instead of ${nt(o)}: it changes by ${P(i-o)}. The gradients say ${r}\
 = ${P(c)}.`}else u("tangent").textContent=`Type another number, or a change such as +0.1, or drag it: what becomes of ${l}\
?`;In()&&(u("whatname").textContent=`${Y(h.name[t])} =`,document.activeElement!==u("value")&&(u("value").value=nt(s.leaves[t]),
Ke("")),u("less").disabled=u("greater").disabled=!isFinite(ot[t]),Es(t))}function Es(t){let e=u("curve"),n=s.leaves[t];if(e.
replaceChildren(),u("curvebox").hidden=yt>ks||!isFinite(n)||!isFinite(s.R.data[q])||t===q,u("curvebox").hidden)return;let o=T(
Mo(),1.25*B(n-ot[t])||0),i=300,c=120,l=ot[t]-o,r=ot[t]+o,a=Array.from({length:qo},(H,m)=>l+(r-l)*m/(qo-1)),f=V.curve(s.leaves,
t,a),d=f.filter(isFinite);if(d.length<2){u("curvebox").hidden=!0;return}let p=U(...d),x=T(...d);x-p<1e-12*T(1,B(x))&&(p-=
1,x+=1);let $=H=>8+(i-16)*(H-l)/(r-l),b=H=>c-10-(c-20)*(H-p)/(x-p),C=(H,m)=>M("path",e,{class:H,d:m}),O="",R=!1;a.forEach(
(H,m)=>{R=isFinite(f[m])?(O+=`${R?"L":"M"}${$(H).toFixed(1)} ${b(f[m]).toFixed(1)}`,!0):!1});let y=s.R.grad[t],E=s.R.data[q];
C("axis",`M8 ${c-2}H${i-8}`),isFinite(y)&&C("tan",`M${$(l)} ${b(E+y*(l-n))}L${$(r)} ${b(E+y*(r-n))}`),C("fun",O);let z=(H,m,I)=>M(
"circle",e,{class:H,cx:$(m),cy:b(I),r:4});n!==ot[t]&&$n().length===1&&isFinite(s.original.data[q])&&z("ghost",ot[t],s.original.
data[q]),z("dot",n,E);let _=Y(h.name[q]),J=Y(h.name[t]);u("curvesays").textContent=`${_} over ${J}, from ${P(l)} to ${P(
r)}; dashed: its tangent here, slope ${P(y)}`,e.setAttribute("aria-label",u("curvesays").textContent)}function zo(){tt("\
value","input",()=>{let e=u("value").value,n=Ce(e);n===void 0?Ke(Le(e)):ke(s.chosen,/^ *\+/.test(e)?ot[s.chosen]+n:n)}),
tt("value","blur",()=>{u("value").value=nt(s.leaves[s.chosen]),Ke("")});let t=e=>()=>ke(s.chosen,Number((s.leaves[s.chosen]+
e*Mo()).toPrecision(12)));tt("less","click",t(-.1)),tt("greater","click",t(.1))}var kt=u("net"),Xe=kt.firstElementChild,Gt=[...kt.querySelectorAll(".neuron")],qn=[...kt.querySelectorAll("line[data-n]")],
fe=t=>Number(t.dataset.n??t.dataset.bias??NaN),Fo=t=>s.R.data[t]<0?"minus":"plus",qt=null;function Do(t){let e=B(t);return!isFinite(
t)||!e?P(t):e<.005||e>=9999.5?t.toExponential(0).replace("e+","e"):String(Number(t.toFixed(e<9.995?2:e<99.95?1:0)))}var ht=new Map,
He=new Set(h.network?.weights);for(let t of[...qn,...Gt])for(let e of[t.dataset.n,t.dataset.bias])e&&ht.set(Number(e),t);
for(let t of Gt){let e=t.dataset.bias&&t.dataset.n?[...rt[t.dataset.n]]:[];for(;e.length;){let n=e.pop();if(!lt(n)||ht.has(
n))continue;let o=rt[n].find(i=>He.has(i));ht.set(n,o===void 0?t:ht.get(o)),o===void 0&&e.push(...rt[n])}}function Bo(){
if(kt.hidden)return;let{largest:t,widest:e}=Xe.dataset,{kind:n,node:o,target:i}=Ot(),c=n?[ht.get(o),ht.get(i)]:[],l=c.find(
r=>Ye.get(r));l&&(qt=l);for(let r of qn){let a=fe(r),f=B(s.R.data[a])/t;r.setAttribute("class",`${Fo(a)}${c.includes(r)?
n==="forward"?" ahead":" now":""}`),r.setAttribute("stroke-width",.4+(e-.4)*U(2,f)),r.setAttribute("opacity",U(1,.2+.7*f)),
r.firstChild.textContent=`${h.name[a]} = ${P(s.R.data[a])}, gradient ${Lt(a)}`}for(let r of Gt){if(r.classList.toggle("n\
ow",c.includes(r)&&n!=="forward"),r.classList.toggle("ahead",c.includes(r)&&n==="forward"),r.classList.toggle("chosen",r===
qt),!r.dataset.n)continue;let a=fe(r),f=r.querySelector(".tint"),d=r.querySelector(".value"),p=r.querySelector(".grad");
d.textContent=at(a)?Do(s.R.data[a]):"?",p.textContent=Ie(a)?Do(ao(a)):Mt(a)?"0":"",f.setAttribute("class","tint "+Fo(a)),
f.setAttribute("fill-opacity",at(a)?U(.36,r.dataset.tint*B(s.R.data[a])):0),r.classList.toggle("dead",jo(r)),r.firstChild.
textContent=`${r.dataset.name}, value ${ne(a)}, gradient ${Lt(a)}`,r.setAttribute("aria-label",r.firstChild.textContent+
(jo(r)?", its activation passes nothing back":""))}_o()}function As(t){let e=t.dataset.n===void 0?-1:Number(t.dataset.n),
n=t.dataset.bias;if(n===void 0||e<0)return null;let o=a=>lt(a)&&h.op[a]==="add",i=o(e)?e:rt[e].find(o)??e,c=[],l=[i];for(;l.
length;){let a=l.pop();for(let f of[...rt[a]].reverse())!lt(f)||f===Number(n)||(o(f)&&ht.get(f)===t?l.push(f):rt[f].some(
d=>He.has(d))&&c.push(f))}let r=c.map(a=>{let f=rt[a].find(d=>He.has(d));return{product:a,weight:f,given:rt[a].find(d=>d!==
f)??f}});return r.sort((a,f)=>h.network.weights.indexOf(a.weight)-h.network.weights.indexOf(f.weight)),{output:e,sum:i,bias:Number(
n),rows:r}}var Mn=t=>t.output===t.sum?1:V.localOf(t.output,t.sum,s.R.data);function jo(t){let e=Ye.get(t);return!!e&&e.output!==
e.sum&&at(e.output)&&Mn(e)===0}var Ye=new Map(Gt.map(t=>[t,As(t)]));function _o(){let t=u("card"),e=qt&&Ye.get(qt);if(u(
"cardbox").hidden=kt.hidden||!e,u("chosen").hidden=!u("cardbox").hidden&&!!h.op[s.chosen],u("cardbox").hidden)return;t.replaceChildren(),
u("cardname").textContent=qt.dataset.name;let n=a=>at(a)?nt(s.R.data[a]):"?",o=A(t,"table"),i=A(o,"tr"),c=T(...[...e.rows.
map(a=>a.product),e.bias].map(a=>B(s.R.data[a])))||1;for(let a of["from","input × weight","",""])A(i,"th",a);let l=(a,f,d)=>{
let p=A(o,"tr"),x=s.R.data[d];A(p,"td",a),A(p,"td",f),A(p,"td",n(d),"d");let $=A(p,"td",void 0,"bar"),b=A($,"i",void 0,x<
0?"minus":"plus");b.style.width=`${at(d)?50*B(x)/c:0}%`};e.rows.slice(0,24).forEach((a,f)=>{let d=lt(a.given),p=d?s.R.data[a.
given]:Number(a.given[0]),x=d&&ht.get(a.given)?ht.get(a.given).dataset.name??Y(h.name[a.given]):`input ${f}`,$=wt(s.R.data[a.
weight],4);l(x.replace(/ of layer .*/,""),`${d&&!at(a.given)?"?":wt(p,4)} × ${$[0]==="-"?`(${$})`:$}`,a.product)}),e.rows.
length>24&&A(A(o,"tr"),"td",`and ${e.rows.length-24} more`),l("bias","",e.bias);let r=A(o,"tr",void 0,"total");if(A(r,"t\
d","sum"),A(r,"td",""),A(r,"td",n(e.sum),"d"),A(r,"td",""),e.output!==e.sum){let a=h.op[e.output];Dt(t,[`${a}(${n(e.sum)}\
) = ${n(e.output)}`,`<mi mathvariant="normal">${a}</mi><mo>(</mo><mn>${n(e.sum).replace("-","−")}</mn><mo>)</mo>
<mrow class="d"><mn>${n(e.output).replace("-","−")}</mn></mrow>`],"big"),at(e.output)&&(Ns(t,e,a),A(t,"p",Ss(e,a)))}else
A(t,"p","It has no activation: it gives the sum.","f");Cs(t,e.output),A(t,"p",`gradient of its output ${Lt(e.output)}${e.
output===e.sum?"":`, of its sum ${Lt(e.sum)}`}`,"g")}function Ss(t,e){let n=Mn(t),o=P(s.R.data[t.sum]);return n===0?`${e}\
 is shut at ${o}: its slope is 0, and it passes nothing back to its weights.`:B(n)<.05?`${e} is flat at ${o} (saturated)\
: its slope is ${P(n)}, and hardly anything is passed back.`:`The slope of ${e} at ${o} is ${P(n)}: so much of the gradi\
ent is passed back.`}function Ns(t,e,n){let o=s.R.data[e.sum],i=O=>V.ops[n].f(...rt[e.output].map((R,y)=>R===e.sum?O:lt(
R)?s.R.data[R]:V.plain[e.output][y]));if(!isFinite(o))return;let c=T(3,1.3*B(o)),l=Array.from({length:61},(O,R)=>c*(R/30-
1)),r=l.map(i);if(!r.every(isFinite))return;let a=U(...r,0),f=T(...r,.1),d=O=>150+140*O/c,p=O=>90-80*(O-a)/(f-a),x=M("sv\
g",t,{viewBox:"0 0 300 100",class:"curve",role:"img","aria-label":`${n}, at ${P(o)}`});M("path",x,{class:"axis",d:`M8 ${p(
0)}H292M150 6V96`}),M("path",x,{class:"fun",d:"M"+l.map((O,R)=>`${d(O).toFixed(1)} ${p(r[R]).toFixed(1)}`).join("L")});let $=Mn(
e),b=s.R.data[e.output],C=.3*c;M("path",x,{class:"tan",d:`M${d(o-C)} ${p(b-$*C)}L${d(o+C)} ${p(b+$*C)}`}),M("circle",x,{
class:"dot",cx:d(o),cy:p(b),r:4.5})}var ce=Gt.filter(t=>t.dataset.n&&!t.dataset.bias).map(fe),le=24,Ue={};function Cs(t,e){
if(ce.length!==2||V.N>4e3||ce.some(r=>h.op[r]||!isFinite(s.R.data[r])))return;let n=1.5*T(1,...ce.map(r=>B(s.R.data[r]))),
o=r=>n*((2*r+1)/le-1);if(Ue.run!==s.R||Ue.output!==e){let r=s.leaves.slice(),a=document.createElement("canvas"),f=a.getContext(
"2d"),d=[];a.width=a.height=le;for(let x=0;x<le;x++)for(let $=0;$<le;$++)r[ce[0]]=o($),r[ce[1]]=-o(x),d.push(V.valuesOf(
r)[e]);let p=T(...d.map(B))||1;d.forEach((x,$)=>{f.fillStyle=x<0?"#d55e00":"#0072b2",f.globalAlpha=B(x)/p||0,f.fillRect(
$%le,Math.floor($/le),1,1)}),Ue={run:s.R,output:e,values:d,url:a.toDataURL()}}let i=M("svg",t,{viewBox:"0 0 300 146",class:"\
curve",role:"img","aria-label":`what it gives for inputs from ${P(-n)} to ${P(n)}`});M("image",i,{href:Ue.url,x:80,y:2,width:140,
height:140,preserveAspectRatio:"none"}),M("path",i,{class:"axis",d:"M80 2h140v140h-140zM150 2v140M80 72h140"});let[c,l]=ce.
map(r=>s.R.data[r]/n*70);M("circle",i,{class:"dot",cx:150+c,cy:72-l,r:4.5}),M("text",i,{x:224,y:76},"x0"),M("text",i,{x:60,
y:13},"x1")}function Ee(t){kt.hidden=!t,Rt.style.display=t?"none":"";for(let e of["fit","partials"])u(e).hidden=t;u("leg\
end").hidden=t,u("network").setAttribute("aria-pressed",t),_o(),t?Bo():We()}function Ls(t){for(let e of t)for(let n of Ft(
e))s.open[n]=!0;s.focus=0,Oe(),it(),Vt(t[0],0,t.map(mt))}function Rs(t){let e=[...ht.keys()].filter(i=>ht.get(i)===t),n=i=>rt[i].
filter(c=>He.has(c)),o=e.flatMap(i=>rt[i].filter(c=>lt(c)&&n(c).length));Ee(!1),s.chosen=fe(t),Ls([s.chosen,...e,...o,...o.
flatMap(n)]),ie(s.chosen).focus({preventScroll:!0})}function Ts(t){let e=t.target.closest(".neuron[role],line[data-n]");
!e||t.key&&t.key!=="Enter"&&t.key!==" "||(t.preventDefault(),t.stopPropagation(),s.chosen=fe(e),qt=e.tagName==="line"?qt:
e,it())}function Wo(){if(h.network){Xe.setAttribute("role","group");for(let t of["width","height"])Xe.style.setProperty(
"min-"+t,Xe.getAttribute(t)+"px");for(let t of[...Gt,...qn])isNaN(fe(t))||(t.setAttribute("tabindex",0),t.setAttribute("\
role","button"),!(!t.dataset.n||t.tagName==="line")&&M("text",t,{class:"grad",y:34}));for(let t of["click","keydown"])kt.
addEventListener(t,Ts);tt("scalars","click",()=>Rs(qt)),Te(Bo),addEventListener("keydown",t=>{t.key==="n"&&t.target.tagName!==
"INPUT"&&!t.ctrlKey&&!t.metaKey&&!t.altKey&&Ee(kt.hidden)}),tt("network","click",()=>Ee(kt.hidden)),addEventListener("lo\
ok",()=>{kt.hidden||Ee(!1)}),h.network.open&&(s.chosen=q,qt=Gt.find(t=>Ye.get(t))??null,Ee(!0))}}var Ve=0,Pn=-1,Ge=0,Ae=0,zn=()=>{};function Fn(){let t=s.now,e=zt[t],n=be[t],o=s.R;if(n===-1){let c=G.valueLine(e,o.data,
!0);return{say:`What is ${Y(h.name[e])}?`,line:c,right:o.data[e],hints:["Put the numbers of its inputs in.",`${c[0].split(
" = ").slice(-2)[0]} is it.`]}}if(n===-2)return{say:`What is ${G.d(q,q)}?`,line:[`${G.d(q,q)} = ?`,G.partial(q,q,"g")+`
<mo>?</mo>`],right:1,hints:["How much does a number change when it changes itself?","Just as much: 1."]};let i=G.slope(e,
n,o.data);return{say:`What does ${Y(h.name[e])} = ${G.formula(e)} hand to ${Y(h.name[n])}?`,line:G.chainLine(t,e,n,o,!0),
right:o.amount[t],hints:[i?`The local slope is ${G.d(e,n)} = ${$e(i)}.`:`The local slope ${G.d(e,n)} is a constant.`,`${P(
o.grad[e])} × ${xt(o.local[t])} is it.`]}}function Uo(){if(u("ask").hidden=!s.quiz,!s.quiz)return;let t=s.now>=et;if(u(
"answer").hidden=t,u("again").hidden=!t,t){u("verdict").textContent=`${u("verdict").dataset.last||""} Done: ${Ge} of ${Ae}\
 at the first try.`.trim();return}Pn!==s.now&&(Pn=s.now,Ve=0);let{say:e,line:n}=Fn();u("question").replaceChildren(),A(u(
"question"),"span",e+" "),A(u("question"),"span",n[0],"said"),u("asked").innerHTML=kn(n[1])}var Je=t=>{u("verdict").textContent=
u("verdict").dataset.last=t},Et=()=>{Je(""),u("guess").removeAttribute("aria-invalid")};function Xo(t){zn=t,tt("answer",
"submit",e=>{e.preventDefault();let{right:n,hints:o}=Fn(),i=u("guess").value,c=Ce(i);if(u("guess").setAttribute("aria-in\
valid",c===void 0),c===void 0){Je(i.trim()?Le(i):"Type a number.");return}if(!(c===n||isNaN(c)&&isNaN(n)||B(c-n)<=.005*B(
n)+1e-9)){Je(`Not ${P(c)}. ${o[U(Ve++,1)]}`);return}Ae++,Ve||Ge++,Ko(`Right: ${nt(n)}.`)}),tt("reveal","click",()=>{Ae++,
Ko(`It was ${nt(Fn().right)}.`)}),tt("again","click",()=>{Ge=Ae=0,Et(),zn(0),u("guess").focus()})}function Ko(t){Je(t),u(
"guess").value="",zn(s.now+1),(s.now>=et?u("again"):u("guess")).focus()}var Ho=()=>{Ge=Ae=0,Ve=0,Pn=-1,Et()};var Qe=0,gt=[],ue=-1,de=()=>Qe>0;function At(t){s.fresh=!1,te(t);let{kind:e,target:n}=Ot();e&&(s.chosen=n),it()}var Jo=/\[(\d+)\]\[\d+\]|layers\[(\d+)\]/,
Is={operation:null,box:t=>s.boxOf[t],layer:t=>{let e=Jo.exec(h.name[t]);return e?`layer ${e[1]??e[2]}`:s.boxOf[t]},row:t=>$t.
exec(h.name[t])?.[1]??"none"},tn=(t,e=u("unit").value)=>{Et();let n=Is[e];At(n?Yn(V,s.now,t,n):s.now+t)};function en(t){
if(clearTimeout(Qe),Qe=0,t&&s.now<et&&!s.quiz){let{kind:e}=Ot(),n=[...u("line").querySelectorAll("p,h2")].map(o=>o.querySelector(
".said")?.textContent??o.textContent).join(" ");Qe=setTimeout(()=>{tn(1),en(!0)},Un(n,e==="backward"?3e3:1200)/Number(u(
"speed").value))}u("play").textContent=de()?"pause":"play",u("play").classList.toggle("on",de())}var Yo=t=>{s.quiz&&s.now<
et?(s.fresh=!1,it(),u("guess").focus()):tn(1,t)},Qo=()=>u("unit").value==="operation"?"box":u("unit").value;function qs(){
u("time").value=s.now,u("time").setAttribute("aria-valuetext",`step ${s.now} of ${et}`),u("count").textContent=`${ft(s.now)}\
 / ${ft(et)}`;for(let i of["play","time","next","last","skip"])u(i).disabled=s.quiz&&s.now<et;u("play").title=s.quiz?"th\
e quiz waits for your answers":"play (space)",s.quiz&&de()&&en(!1);let t=Ft(mt(s.chosen)?s.chosen:Ht[s.focus]).filter(i=>s.
open[i]&&(i===0||ee[i]>1)),e=u("crumbs"),n=e.contains(document.activeElement),o=t.join();e.dataset.way!==o&&(e.dataset.way=
o,e.replaceChildren(),e.hidden=t.length<2||yt<=h.boxes,e.hidden||t.forEach((i,c)=>{let l=c===t.length-1,r=A(e,l?"span":"\
button",i?Y(oe(st[i])):"all");l||(r.title="fold back to this",r.onclick=()=>Dn(t[c+1],!1))}),n&&(e.querySelector("button")||
u("picture")).focus())}function Zo(t){s.chosen=t,Lo(t),it(),_e(mt(t))}function Dn(t,e){s.chosen=Ht[t],Rn(()=>{s.open[t]=
e;for(let n=t+1;!e&&n<st.length&&st[n].parent>=t;n++)s.open[n]=!1;Me(t)},Ht[t],()=>e?s.boxes.filter(n=>ye(h.home[n.node],
t)):[]),ie(Ht[t]).focus({preventScroll:!0})}So(t=>{let e=Number(t.slice(1));t[0]==="g"?Dn(e,!0):(Zo(e),ie(e).focus({preventScroll:!0}))});
Io(ke);go(t=>{Et(),At(t)});function jn(t){let e=u("find").value.trim().toLowerCase();if(!t){if(gt=[],ue=-1,e)for(let o=0;o<
yt;o++)(h.name[o].toLowerCase().includes(e)||h.op[o].toLowerCase()===e)&&gt.push(o);let n=gt.findIndex(o=>h.name[o].toLowerCase()===
e);n>0&&gt.unshift(...gt.splice(n,1)),u("hits").textContent=e?gt.length?`${ft(gt.length)} found`:"nothing found":"";return}
gt.length&&(ue=(ue+1)%gt.length,dispatchEvent(new Event("look")),Zo(gt[ue]),u("hits").textContent=`${ue+1} of ${ft(gt.length)}`)}
var Ze=(t,e)=>u(t).setAttribute("aria-pressed",e),Wt={first:()=>{Et(),At(0)},back:()=>tn(-1),next:()=>Yo(),last:()=>{Et(),
At(et)},fit:Tn,skip:()=>Yo(Qo()),play:()=>{s.quiz||(!de()&&s.now>=et&&At(0),en(!de()))},partials:()=>{s.slopes=!s.slopes,
Ze("partials",s.slopes),it()},quiz:()=>{s.quiz=!s.quiz,Ze("quiz",s.quiz),Ho(),s.fresh=!0,te(s.quiz?0:et),it(),s.quiz&&u(
"guess").focus()},tovalue:()=>{Et(),At(xo(s.chosen))},tograd:()=>{let t=s.chosen;Et(),At($o(t))},unfold:()=>Dn(Number(u(
"unfold").dataset.group),!1)};for(let t in Wt)tt(t,"click",Wt[t]);tt("time","input",()=>{Et(),At(Number(u("time").value))});
tt("find","input",()=>jn(!1));tt("find","keydown",t=>{t.key==="Enter"&&jn(!0)});tt("find","change",()=>{ue<0&&jn(!0)});tt(
"speed","change",()=>en(de()));var Vo={ArrowRight:Wt.next,ArrowLeft:Wt.back," ":Wt.play,Home:Wt.first,End:Wt.last,0:Tn,s:Wt.
partials,"+":()=>ae(1.25),"-":()=>ae(.8)};addEventListener("keydown",t=>{let e=t.target.tagName;if(!(e==="INPUT"&&t.target.
type!=="range"||e==="SELECT"||t.ctrlKey||t.metaKey||t.altKey)&&!(e==="INPUT"||t.key===" "&&e==="BUTTON")){if(t.shiftKey&&
t.key.startsWith("Arrow")&&!s.quiz){tn(t.key==="ArrowRight"?1:-1,Qo()),t.preventDefault();return}Vo[t.key]&&(Vo[t.key](),
t.preventDefault())}});for(let t of["pointerover","focusin"])addEventListener(t,e=>{let n=e.target.closest?.("[data-node\
]")?.dataset.node;for(let o of document.querySelectorAll(".pointed"))o.classList.remove("pointed");if(n!==void 0){ie(Number(
n)).classList.add("pointed");for(let o of document.querySelectorAll(`#panel [data-node="${n}"]`))o.classList.add("pointe\
d")}});for(let t of[Co,mo,wo,Po,Uo,qs])Te(t);zo();Xo(At);h.name.filter((t,e)=>h.named[e]).slice(0,500).forEach(t=>{A(u("\
names"),"option").value=t});u("title").textContent=h.title;u("time").max=et;document.documentElement.style.setProperty("\
--forward",`${100*vt/et}%`);h.name.some(t=>Jo.test(t))&&A(u("unit"),"option","layer");h.name.some(t=>$t.test(t))&&A(u("u\
nit"),"option","row");Ze("quiz",s.quiz);u("network").hidden=!h.network;No();yt>200&&(u("unit").value="box");s.slopes=s.boxes.
length<=12&&!s.quiz;Ze("partials",s.slopes);var Go=h.origins[0]??h.op.findIndex((t,e)=>!t&&h.named[e]&&s.boxes[s.boxOf[e]].
group<0);Go>=0&&(s.chosen=Go);h.start===void 0||s.quiz?(te(s.quiz?0:et),it()):At(h.start);Vt(s.quiz||h.start===0?0:h.start?
s.chosen:h.origins[0]??q);It(!1);addEventListener("resize",We);Wo();})();
