// show/assets/*.mjs by esbuild@0.28.2, of 60392ae952687771
(()=>{var{abs:B,max:I,min:W}=Math,Yt=t=>typeof t=="number"?t:Number(String(t).replace("inf","Infinity")),Un=t=>t.includes(".")?
t.replace(/\.?0+$/,""):t;function Vn(t,e){if(isNaN(t))return"nan";if(!isFinite(t))return t>0?"inf":"-inf";if(!t)return"0";
let[n,o]=t.toExponential(e-1).split("e");return o>=-4&&o<e?Un(t.toPrecision(e)):`${Un(n)}e${o<0?"-":"+"}${String(B(o)).padStart(
2,"0")}`}var sn=6,Yn=t=>{sn=t},z=t=>Vn(t,sn),pe=t=>Vn(t,W(4,sn)),nt=t=>Object.is(t,-0)?"-0":z(t),wt=t=>z(t).replace(/^-.*/,
"($&)"),Gn=t=>(t<0||isNaN(t)?"":"+")+z(t),ft=t=>String(t).replace(/\B(?=(\d{3})+$)/g,",");function Re(t){let e=c=>{let l=c.
trim().replace(",",".").replace("−","-");return/^[+-]?inf(inity)?$/i.test(l)?l[0]==="-"?-1/0:1/0:/^nan$/i.test(l)?NaN:
/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(l)?Number(l):void 0},[n,o,...i]=t.split("/").map(e);if(!(n===void 0||i.length))
return t.includes("/")?o===void 0?void 0:n/o:n}var Te=t=>`“${t}” is not a number: 2.5, -1e-3 or 1/3 are.`,is=/[\u1100-\u115f\u2e80-\ud7a3\uf900-\uff60\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/gu,
Ie=t=>[...t].length+(t.match(is)||[]).length,Xn=36,xt=/^row (\d+): /;function V(t){return t=t.replace(xt,""),t=t.replace(
/\.layers\[(\d+)\]\.neurons\[(\d+)\]/g,"[$1][$2]").replace(/\.weights\[/g,".w["),t.length>Xn?"…"+t.slice(1-Xn):t}var Jn=(t,e)=>I(
e,250*t.trim().split(/\s+/).length);var lt=t=>typeof t=="number";function Qn(t,e){let n=t.inputs,o=n.length,i=o-1,c=t.data.map(Yt),l=t.op.map(g=>e[g]),s=n.map(
g=>g.every(lt)?null:g.map(S=>lt(S)?0:Yt(S[0]))),a=(g,S,R)=>lt(g)&&R.indexOf(g)===S,f=n.map(g=>g.every(a)?g:g.filter(a)),
p=g=>f[g],h=new Int32Array(o),$=new Int32Array(o).fill(-1),x=[],b=[];for(let g=0;g<o;g++)if(l[g]){for(let S of p(g))h[S]++;
$[g]=x.length,x.push(g),b.push(-1)}let C=x.length,k=new Int32Array(o+1),T=new Int32Array(h.reduce((g,S)=>g+S,0));for(let g=0;g<
o;g++)k[g+1]=k[g]+h[g];let y=k.slice();t.forward||(x.push(i),b.push(-2));for(let g=t.forward?-1:i;g>=0;g--)if(l[g])for(let S of p(
g))T[y[S]++]=x.length,x.push(g),b.push(S);let A=x.length,_=g=>t.forward?[]:Array.from(T.subarray(k[g],k[g+1])),J=(g,S)=>{
let R=n[g],j=new Array(R.length);for(let P=0;P<j.length;P++)j[P]=lt(R[P])?S[R[P]]:s[g][P];return j},X=g=>{let S=Float64Array.
from(g);for(let R=0;R<o;R++)l[R]&&(S[R]=l[R].f(...J(R,S)));return S},F=(g,S,R)=>{let j=J(g,R),P=0;return n[g].forEach((ct,w)=>{
ct===S&&(P+=l[g].d[w](...j,R[g])??0)}),P};function m(g){let S=X(g),R=new Float64Array(o),j=new Uint8Array(o),[P,ct,w,v]=[
0,1,2,3].map(()=>new Float64Array(A));R[i]=j[i]=1;for(let O=C+1,N=-1,H;O<A;O++){x[O]!==N&&(N=x[O],H=J(N,S));let D=b[O],Z=n[N];
w[O]=R[D];for(let Q=0;Q<Z.length;Q++){if(Z[Q]!==D)continue;let K=l[N].d[Q](...H,S[N]);K!==null&&(P[O]+=K,j[N]&&(j[D]=1,ct[O]+=
R[N]*K,R[D]+=R[N]*K))}v[O]=R[D]}return{data:S,grad:R,local:P,amount:ct,before:w,after:v}}return{D:t,ops:e,N:o,ROOT:i,STEPS:A,
SEED:C,ins:n,first:c,plain:s,uses:h,born:$,stepNode:x,stepInput:b,received:_,operands:p,valuesOf:X,localOf:F,run:m,curve:(g,S,R)=>{
let j=g.slice();return R.map(P=>(j[S]=P,X(j)[i]))}}}var Zn=(t,e,n,o)=>o.reduce((i,c)=>i+t.grad[c]*(n[c]-e[c]),0);function to(t,e,n,o){
let{STEPS:i,SEED:c,stepNode:l,stepInput:s}=t,a=p=>p===c?"seed":`${p<c}${o(s[p]<0?l[p]:s[p])}`;if(n>0){if(e>=i)return i;let p=a(
e);do e++;while(e<i&&a(e)===p);return e}if(e<=0)return 0;let f=a(--e);for(;e>0&&a(e-1)===f;)e--;return e}function eo(t,e,n){let o=t.map(()=>!1),i=t.map((l,s)=>s).filter(l=>t[l].open).sort((l,s)=>t[l].open-t[s].open),c=1;for(let l of i)
(!l||o[t[l].parent]&&c+e[l]-1<=n)&&(o[l]=!0,c+=e[l]-1);return o}function no(t,e){let[n,o,i]=[0,1,2].map(()=>new Int32Array(
t.length));return e.forEach((c,l)=>{for(o[c]++;c>=0;c=t[c].parent)n[c]++,i[c]=l}),t.forEach(c=>{c.parent>=0&&o[c.parent]++}),
{sizes:n,inside:o,last:i}}function oo({boxes:t,boxOf:e,edges:n},o){let i=t.map(o),c=n.filter(([p,h])=>i[p]||i[h]),l=i.slice(),
s=[];for(let[p,h]of c)l[p]=l[h]=!0;let a=t.filter((p,h)=>(s[h]=-1,l[h]));a.forEach(p=>{p.beside=!o(p)});let f=0;return l.
forEach((p,h)=>{p&&(s[h]=f++)}),{boxes:a,boxOf:e.map(p=>s[p]),edges:c.map(([p,h])=>[s[p],s[h]])}}function so(t,e,n,o,i){
let{N:c,ins:l}=t,s=new Int32Array(e.length).fill(-1);e.forEach((y,A)=>{let _=y.parent<0?-1:s[y.parent];s[A]=_>=0?_:i[A]?
-1:A});let a=new Int32Array(e.length).fill(-1),f=[],p=new Int32Array(c);for(let y=0;y<c;y++){let A=s[n[y]],_=A>=0&&o[A]>
1,J=p[y]=_&&a[A]>=0?a[A]:f.length;J<f.length?f[J].node=y:(f.push({key:_?"g"+A:"n"+y,group:_?A:-1,node:y}),_&&(a[A]=J))}let h=new Set,
$=[];for(let y=0;y<c;y++){let A=l[y],_=p[y];for(let J=0;J<A.length;J++){let X=lt(A[J])?p[A[J]]:_,F=X*f.length+_;X!==_&&!h.
has(F)&&(h.add(F),$.push([X,_]))}}let x=f.map(()=>0),b=f.map(()=>[]),C=[];for(let[y,A]of $)x[A]++,b[y].push(A);let k=f.map(
(y,A)=>A).filter(y=>!x[y]).reverse();for(;k.length;){let y=k.pop();C.push(y);for(let A of b[y].reverse())--x[A]||k.push(
A)}let T=[];return C.forEach((y,A)=>{T[y]=A}),{boxes:C.map(y=>f[y]),boxOf:p.map(y=>T[y]),edges:$.map(([y,A])=>[T[y],T[A]]).
sort((y,A)=>y[0]-A[0]||y[1]-A[1])}}var dn={"+":(t,e)=>t+e,"-":(t,e)=>t-e,"*":(t,e)=>t*e,"/":(t,e)=>t/e,"<":(t,e)=>t<e,"<=":(t,e)=>t<=e,">":(t,e)=>t>e,">=":(t,e)=>t>=
e,"==":(t,e)=>t===e,"!=":(t,e)=>t!==e},Jt=Array.isArray;function io(t,e,n){if(typeof t=="number")return t;if(typeof t=="\
string")return e[t];let[o,...i]=t,c=l=>io(l,e,n);return o==="num"?Yt(i[0]):o==="const"?i[1]:o==="neg"?-c(i[0]):o==="if"?
c(c(i[0])?i[1]:i[2]):o==="and"?i.every(c):o==="or"?i.some(c):o==="call"?n[i[0]].f(...i.slice(1).map(c)):o==="**"?n.pow?n.
pow.f(...i.map(c)):c(i[0])**c(i[1]):o==="%"?c(i[0])%c(i[1]):dn[o](c(i[0]),c(i[1]))}function ge(t,e,n,o,i){if(typeof t=="\
number")return t;if(typeof t=="string")return e[t]??t;let[c,...l]=t,s=x=>ge(x,e,n,o,i);if(c==="const"||c==="num")return t;
if(c==="if"&&n)return s(io(l[0],n,o)?l[1]:l[2]);if(c==="call")return["call",l[0],...l.slice(1).map(s)];let a=[c,...l.map(
s)],[,f,p]=a;if(!i&&c==="neg")return typeof f=="number"?-f:Jt(f)&&f[0]==="neg"?f[1]:a;if(i||!"+-*/**".includes(c))return a;
let h=typeof f=="number"?f:void 0,$=typeof p=="number"?p:void 0;return h!==void 0&&$!==void 0&&"+-*".includes(c)&&c!=="*\
*"?dn[c](h,$):$===("+-".includes(c)?0:1)?f:h===0&&c==="+"||h===1&&c==="*"?p:a}function pn(t){for(let e="";e!==t;)e=t,t=t.
replace(/\([^()]*\)|\[[^\[\]]*\]/g,"");return/[-+*/^%<>=|&,;@·×−⋅]/.test(t)}var ao=0,an=1,as=2,cs=3,cn=4,ro=5,rn=6,
qe=7,co=8,Bt=9,he={"+":ro,"-":ro,"*":rn,"/":rn,"%":rn,"**":co,or:an,and:as},we=t=>{if(typeof t=="number")return t<0||Object.
is(t,-0)?qe:Bt;if(typeof t=="string")return Bt;if(!Jt(t))return"name"in t?pn(t.name)?cn:Bt:we(t.value);let e=t[0];return e===
"neg"?qe:e==="if"?ao:e in he?he[e]:e in dn?cs:Bt},ln=t=>typeof t=="number"?we(t)===qe:Jt(t)?t[0]==="neg"&&typeof t[1]=="\
number":!!t&&"value"in t&&ln(t.value);function hn(t,e){let n=a=>hn(a,e),o=(a,f)=>we(a)>=f?n(a):e.enclosed(n(a));if(typeof t==
"number")return e.number(t);if(typeof t=="string")return e.name(t);if(!Jt(t))return e.operand(t);let[i,...c]=t,[l,s]=c;if(i===
"num")return e.number(Yt(l));if(i==="const")return e.name(l);if(i==="neg")return e.negative(o(l,ln(l)?Bt:qe));if(i==="ca\
ll")return e.call(l,c.slice(1).map(n),c.slice(1));if(i==="if")return e.choice(o(s,an),o(l,an),o(c[2],ao));if(i==="and"||
i==="or")return e.joined(c.map(a=>o(a,he[i]+1)),i);if(i in he){let a=he[i],f=i==="**",p=e.tall&&(i==="/"||f),h=ln(s)?Bt:
a+!f;return e.binary(i,i==="/"&&p?n(l):o(l,a+f),p?n(s):o(s,h))}return e.binary(i,o(l,cn),o(s,cn))}var fn=t=>Object.is(t,
-0)?"-0":z(t),ls={number:fn,name:t=>t,operand:t=>"name"in t?t.name:fn(t.value),enclosed:t=>`(${t})`,negative:t=>"-"+t,call:(t,e)=>`${t}\
(${e.join(", ")})`,choice:(t,e,n)=>`${t} if ${e} else ${n}`,joined:(t,e)=>t.join(` ${e} `),binary:(t,e,n)=>`${e} ${t} ${n}`},
Gt=t=>hn(t,ls),xe=t=>we(t)===Bt&&!(Jt(t)&&t[0]==="**")?Gt(t):`(${Gt(t)})`,un=t=>t.replace(/[&<>"]/g,e=>({"&":"&amp;","<":"\
&lt;",">":"&gt;",'"':"&quot;"})[e]),$t=t=>`<mo>${t}</mo>`,ut=t=>`<mrow>${t}</mrow>`,St=t=>{let[e,n]=fn(t).replace("inf",
"∞").replace(/^-/,"−").split("e");return n?ut(`<mn>${e}</mn>${$t("·")}<msup><mn>10</mn><mn>${Number(n)}</mn></msup>`.
replace(/<mn>-/g,"<mn>−")):`<mn>${e}</mn>`},mn=({name:t,node:e,typeset:n})=>n?`<mrow data-node="${e}">${n}</mrow>`:`<m\
i${t.length>1?' mathvariant="normal"':""} data-node="${e}">${un(V(t))}</mi>`,lo={tall:!0,number:St,name:t=>`<mi>${{pi:"π"}[t]||
un(t)}</mi>`,operand:t=>"name"in t?mn(t):`<mrow class="d" data-node="${t.node}">${St(t.value)}</mrow>`,enclosed:t=>ut($t(
"(")+t+$t(")")),negative:t=>ut($t("−")+t),call:(t,e,n)=>t==="sqrt"?`<msqrt>${e[0]}</msqrt>`:t==="exp"?`<msup><mi>e</mi\
>${ut(e[0])}</msup>`:ut(t==="abs"?$t("|")+e[0]+$t("|"):`<mi mathvariant="normal">${un(t)}</mi>`+$t("(")+e.join($t(","))+
$t(")")),choice:(t,e,n)=>ut(`${t}<mtext> if </mtext>${e}<mtext> else </mtext>${n}`),joined:(t,e)=>ut(t.join(`<mtext> ${e}\
 </mtext>`)),binary:(t,e,n)=>t==="/"?`<mfrac>${ut(e)}${ut(n)}</mfrac>`:t==="**"?`<msup>${ut(e)}${ut(n)}</msup>`:ut(e+$t(
{"*":"·","-":"−","<":"&lt;",">":"&gt;","<=":"≤",">=":"≥","==":"=","!=":"≠"}[t]||t)+n)},me=t=>hn(t,lo),fo=t=>we(
t)>=co||Jt(t)&&t[0]==="/"?me(t):lo.enclosed(me(t));function uo(t){let{D:e,ops:n,ins:o,plain:i,ROOT:c}=t,l=m=>m===1?["x"]:m===2?["a","b"]:Array.from({length:m},(L,g)=>"x"+(g+
1)),s=m=>({node:m,name:e.name[m],typeset:e.typeset[m]}),a=(m,L,g=s(m))=>{let S={y:g};return l(o[m].length).forEach((R,j)=>{
S[R]=lt(o[m][j])?L(o[m][j]):i[m][j]}),S},f=m=>e.rules[e.op[m]],p=m=>ge(f(m)[0],a(m,s),null,n,!0),h=(m,L)=>ge(f(m)[0],a(m,
g=>({node:g,value:L[g]})),null,n,!0),$=(m,L,g)=>{let S=o[m].flatMap((j,P)=>j===L?[ge(f(m)[1+P],a(m,s),a(m,ct=>g[ct],g[m]),
n)]:[]);if(S.every(j=>typeof j=="number"))return;let R=S.reduce((j,P)=>["+",j,P]);return Gt(R).length<=60?R:void 0},x=m=>e.
op[m]?Gt(p(m)):"",b=m=>/^[\p{L}_][\p{L}\p{N}_]*$/u.test(e.name[m])?e.name[m]:`(${e.name[m]})`,C=(m,L)=>`d${b(m)}/d${b(L)}`,
k=m=>mn(s(m)),T=m=>`<mrow><mo>∂</mo>${pn(e.name[m])?`<mo>(</mo>${k(m)}<mo>)</mo>`:k(m)}</mrow>`,y=(m,L,g)=>`<mfrac cla\
ss="${g}">${T(m)}${T(L)}</mfrac>`,A=m=>m.filter((L,g)=>L&&L!==m[g-1]).join(`
`),_=(m,L)=>`<mrow class="${L}">${m<0?`<mo>(</mo>${St(m)}<mo>)</mo>`:St(m)}</mrow>`;function J(m,L,g){let S=g?"?":nt(L[m]),
R=[e.name[m],x(m),Gt(h(m,L)),S].filter((P,ct,w)=>P!==w[ct-1]).join(" = "),j=A([k(m),me(p(m)),me(h(m,L)),g?"<mo>?</mo>":`\
<mrow class="d">${St(L[m])}</mrow>`]);return[R,j]}function X(m,L,g,S,R){let j=S.local[m],P=$(L,g,S.data),ct=S.grad[L],w=R?
"?":z(S.amount[m]),v=[`${C(c,L)} × ${C(L,g)}`,P&&`${C(c,L)} × ${xe(P)}`,`${wt(ct)} × ${R?P?xe(P):C(L,g):wt(j)}`,w],O="\
<mo>×</mo>",N=y(c,L,"g"),H=P&&`<mrow class="s">${fo(P)}</mrow>`,D=[N+O+y(L,g,"s"),P&&N+O+H,_(ct,"g")+O+(R?H||y(L,g,"s"):
_(j,"s")),R?"<mo>?</mo>":`<mrow class="g">${St(S.amount[m])}</mrow>`];return[v.filter(Boolean).join(" = "),A(D)]}function F(m,L,g,S,R){
let j=S?[]:[`${z(g.before[m])} + ${wt(g.amount[m])}`],P=`${C(c,L)} ${R?"":"so far "}= ${[...j,z(g.after[m])].join(" = ")}`,
ct=y(c,L,"g")+(R?"":"<mtext> so far</mtext>")+`
`+(S?"":`${St(g.before[m])}<mo>+</mo>${_(g.amount[m],"g")}
`)+`<mrow class="g">${St(g.after[m])}</mrow>`;return[P,ct]}return{formula:x,computed:h,valueLine:J,chainLine:X,sumLine:F,
slope:$,d:C,partial:y}}var u=t=>document.getElementById(t),tt=(t,e,n)=>u(t).addEventListener(e,n),d=JSON.parse(u("data").textContent);Yn(d.digits);
d.origins=Object.keys(d.origin).map(Number);var Y=Qn(d,OPS),{N:bt,ROOT:M,STEPS:et,SEED:yt,ins:rt,first:ot,uses:qt,born:xn,
stepNode:Mt,stepInput:$e,received:Wt}=Y,G=uo(Y),st=d.groups,{sizes:Zt,inside:$n,last:Ht}=no(st,d.home),gn=Y.run(ot),r={now:0,
R:gn,original:gn,leaves:ot.slice(),chosen:M,fresh:!0,slopes:!1,quiz:!!d.quiz,open:st.map(()=>!1),focus:0,tight:!1,boxes:[],
edges:[],boxOf:new Int32Array(bt)},fs=5e3,_t=new Float64Array(bt),Nt=new Int32Array(bt),po=[],Me=t=>po.push(t),it=()=>{for(let t of po)
t()};function vt(){let t=r.now-1;if(t<0||r.fresh)return{s:t,kind:"",node:-1,target:-1};let e=Mt[t],n=$e[t];return{s:t,kind:n===
-1?"forward":n===-2?"seed":"backward",node:e,target:n<0?e:n}}function Qt(t){t=I(0,W(et,t));let{before:e,after:n}=r.R,{now:o}=r;
for(;o<t;o++){let i=$e[o];i===-2&&(_t[M]=1,Nt[M]=1),i>=0&&(_t[i]=n[o],Nt[i]++)}for(;o>t;){let i=$e[--o];i===-2&&(_t[M]=0,
Nt[M]=0),i>=0&&(_t[i]=e[o],Nt[i]--)}r.now=t}var at=t=>xn[t]<r.now,Pe=t=>Nt[t],ho=t=>_t[t],It=t=>t===M?Nt[t]>0:Nt[t]===qt[t]&&
r.now>yt,bn=t=>at(t)?nt(r.R.data[t]):"?",te=t=>r.tight?pe(t):z(t),mo=t=>Nt[t]||It(t)?te(_t[t])+(It(t)?"":r.tight?" …":
" so far"):"?",go=t=>at(t)?Object.is(r.R.data[t],-0)?"-0":te(r.R.data[t]):"?",ee=t=>Nt[t]?z(_t[t])+(It(t)?"":" so far"):
It(t)?"0":"not computed",be=t=>`value ${bn(t)}`+(d.forward?"":`, gradient ${ee(t)}`),wo=(t,e)=>!d.forward&&at(t)&&(!r.quiz||
Wt(e).some(n=>Mt[n]===t&&n<r.now)),wn=new Set,yn=()=>[...wn].sort((t,e)=>t-e);function vn(t,e){let n=r.now;Qt(0),r.leaves[t]=
e,wn[Object.is(e,ot[t])?"delete":"add"](t),r.R=wn.size?Y.run(r.leaves):gn,Qt(n)}var ne=t=>t.label||`${d.name[t.closing]}\
 = ${G.formula(t.closing)}`,ze=t=>`${ft(Zt[t])} Values`,ye=(t,e)=>{for(;t>e;)t=st[t].parent;return t===e};function xo(){
let t=so(Y,st,d.home,Zt,r.open);Object.assign(r,r.focus?oo(t,e=>ye(d.home[e.node],r.focus)):t)}function Fe(t){if(!(bt<=fs)){
for(;t>0&&(!r.open[t]||r.begun[t]||$n[t]<3);)t=st[t].parent;r.focus=I(0,t)}}function Pt(t){let e=[];for(let n=d.home[t];n>=
0;n=st[n].parent)e.unshift(n);return e}var kn=8,E=(t,e,n,o)=>{let i=document.createElement(e);return n!==void 0&&(i.textContent=n),o&&(i.className=o),t.append(
i),i},On=(t,e)=>{t.textContent!==e&&(t.textContent=e)};function zt(t,[e,n],o=""){let i=e.split(" = ").some(s=>s.length>36),
c=E(t,"p",void 0,`eq ${i?"long":o}`);E(c,"span",e,"said");let l=E(c,"span");return l.setAttribute("aria-hidden","true"),
l.innerHTML=An(n),c}var us=/<m(frac|su|sqrt|over)/,ds=/<mo>([(),|])<\/mo>/g,An=t=>t.split(`
`).map((e,n)=>{let o=(n?'<mo lspace="0" rspace=".3em">=</mo>':"")+e;return us.test(e)?`<math>${o}</math>`:`<span class="\
flat">${o.replace(ds,"$1")}</span>`}).join(" "),En=t=>xt.test(d.name[t])?`, row ${xt.exec(d.name[t])[1]}`:"",$o=(t,e)=>`${ft(
t)} ${e}${t===1?"":"s"}`;function bo(){let t=u("line"),{s:e,kind:n,node:o,target:i}=vt();if(t.replaceChildren(),!n){E(t,
"h2","This page"),E(t,"p",`Forward, ${$o(yt,"step")}: every value from the inputs to ${d.name[M]}.`+(d.forward?"":` Back\
ward, ${$o(et-yt,"step")}: every gradient from it to the inputs.`)),d.advice&&E(t,"p",d.advice,"f");for(let p of d.origins.
slice(0,3))E(t,"p",d.origin[p][1]+".","g");E(t,"p",r.quiz?"Type each number before it is shown; the answer makes the nex\
t step.":r.now?"“play” shows it from the beginning. Press a box to look at it; drag the number of a blue one.":"The \
right arrow key makes the next step.","f hint");return}if(n==="forward"){E(t,"h2",`Forward, step ${ft(e+1)} of ${ft(yt)}${En(
o)}`),zt(t,G.valueLine(o,r.R.data),"big");return}if(E(t,"h2",`Backward, step ${ft(e-yt+1)} of ${ft(et-yt)}${En(o)}`),n===
"seed"){zt(t,[`${G.d(M,M)} = 1`,G.partial(M,M,"g")+`
<mn>1</mn>`],"big"),E(t,"p","Every gradient starts here: so much the last number changes with itself.");return}let c=Wt(
i)[0]===e,l=It(i),s=qt[i]-Pe(i);E(t,"p",`${V(d.name[o])} hands to ${V(d.name[i])} its gradient times the local slope:`);
let[a,f]=G.chainLine(e,o,i,r.R);if(qt[i]===1){zt(t,[`${G.d(M,i)} = ${a}`,`${G.partial(M,i,"g")}
${f}`],"big");return}zt(t,[a,f],"big"),zt(t,G.sumLine(e,i,r.R,c,l)),E(t,"p",l?"That was the last part of the sum.":`${s}\
 more to come.`,"f")}function ps(t){let e=E(t,"button");e.title="go to this step",E(e,"span"),E(e,"b","","g"),E(E(e,"i"),
"i"),E(e,"small")}var yo=()=>{},vo=t=>{yo=t};function ko(){let t=r.chosen,e=u("chosenname"),n=u("chosenlines"),o=u("cont\
ributions");e.textContent=d.name[t],n.replaceChildren();let{kind:i,target:c}=vt();d.op[t]&&!(i==="forward"&&c===t)&&zt(n,
G.valueLine(t,r.R.data,!at(t)));let l=E(n,"p");d.origin[t]&&r.R===r.original&&E(n,"p",d.origin[t][1]+".","g"),l.append("\
value "),E(l,"b",bn(t),"d"),d.forward||(l.append(", gradient "),E(l,"b",ee(t),"g")),d.remarks[t]&&E(n,"p",d.remarks[t].join(
" "),"remark");let s=Wt(t),a=s.filter(b=>b<r.now).sort((b,C)=>B(r.R.amount[C])-B(r.R.amount[b])),f=a.reduce((b,C)=>b+B(r.
R.amount[C]),0),p=a.length?B(r.R.amount[a[0]]):0;a.length>1&&l.append(", the sum of");let h=a.length>1||s.length>1?W(kn,
a.length):0,$=o.contains(document.activeElement);for(;o.children.length>h;)o.lastChild.remove();for(;o.children.length<h;)
ps(o);a.slice(0,h).forEach((b,C)=>{let k=Mt[b],T=r.R.amount[b],y=o.children[C],[A,_,J,X]=y.children,F=J.firstChild;y.setAttribute(
"aria-label",`${G.d(M,k)} × ${G.d(k,t)} = ${z(r.R.grad[k])} × ${wt(r.R.local[b])} = ${z(T)}`),On(A,En(k)?`row ${xt.exec(
d.name[k])[1]}: ${V(d.name[k])}`:`through ${V(d.name[k])}`),On(_,z(T)),F.className=T<0?"minus":"",F.style.width=`${p&&isFinite(
p)?100*B(T)/p:0}%`,On(X,f&&isFinite(f)?`${Math.round(100*B(T)/f)} %`:""),y.onclick=()=>yo(b+1)}),$&&!o.contains(document.
activeElement)&&(o.lastChild||e).focus(),u("more").textContent=a.length>kn?`and ${ft(a.length-kn)} more`:"",u("made").textContent=
d.line[t]||"",u("tovalue").hidden=!d.op[t];let x=Pt(t).filter(b=>b>0&&r.open[b]&&Zt[b]>1).pop();u("unfold").hidden=!x,x&&
(u("unfold").textContent=`fold ${V(ne(st[x]))}`,u("unfold").dataset.group=x)}var Oo=t=>xn[t]+1,Eo=t=>I((Wt(t).pop()??-1)+
1,yt+1);var je=46,hs=12,ms=7,gs=24,ws=6,xs=600;function So(t,e,n,o){let i=o==="down"?null:Ao(t,e);if(i&&(o||Kt(i,n)>=1))return i;
let c=Ao(t.map(([s,a])=>[a,s]),e),l={...c,x:c.y,y:c.x,width:c.height,height:c.width,down:!0,routes:c.routes.map(s=>s.map(
([a,f])=>[f,a]))};return!i||Kt(l,n)>Kt(i,n)?l:i}function No(t,e,n){let o=n-je,i=I(0,...t.columns),c=t.down?"y":"x",l=t.down?
1:0;return{...t,[c]:t[c].map((s,a)=>s+o*t.columns[a]),[t.down?"height":"width"]:t[t.down?"height":"width"]+o*i,routes:t.
routes.map((s,a)=>s.map((f,p)=>{let h=f.slice();return h[l]+=o*(t.columns[e[a][0]]+(p>>1)),h}))}}var Kt=(t,e)=>W(e[0]/I(
t.width,1),e[1]/I(t.height,1));function Ao(t,e){let n=t.length,o=$s(n,e),i=t.map(w=>w[0]),c=t.map(w=>w[1]),l=o.slice(),s=t.
map(()=>[]),a=t.map(()=>[]),f=new Map,p=(w,v)=>{a[w].push(v),s[v].push(w)};for(let[w,v]of e){f.has(w)||f.set(w,[]);let O=f.
get(w),N=o[v]-o[w];for(;O.length<N-1;){let H=O.length?O[O.length-1]:w,D=l.length;i.push(0),c.push(0),l.push(l[H]+1),s.push(
[]),a.push([]),p(H,D),O.push(D)}p(N>1?O[N-2]:w,v)}let h=l.length,$=new Array(h).fill(0),x=-1;for(let w of l)x=I(x,w);let b=Array.
from({length:x+1},()=>[]),C=()=>{for(let w of b)w.forEach((v,O)=>{$[v]=O})},k=new Array(h).fill(!1);for(let w=0;w<h;w++){
if(a[w].length)continue;let v=[w];for(;v.length;){let O=v.pop();if(!k[O]){k[O]=!0,b[l[O]].push(O);for(let N=s[O].length-
1;N>=0;N--)v.push(s[O][N])}}}C();function T(){let w=0;for(let v=0;v+1<b.length;v++){let O=b[v+1].length,N=new Array(O+1).
fill(0),H=0;for(let D of b[v]){let Z=a[D].map(Q=>$[Q]);for(let Q of Z){let K=0;for(let At=Q+1;At;At&=At-1)K+=N[At];w+=H-
K}for(let Q of Z){for(let K=Q+1;K<=O;K+=K&-K)N[K]++;H++}}}return w}function y(w){let v=w?s:a,O=w?b.slice(1):b.slice(0,-1).
reverse();for(let N of O){let H=new Map;N.forEach((D,Z)=>{let Q=0;for(let K of v[D])Q+=$[K];H.set(D,v[D].length?Q/v[D].length:
Z)}),N.sort((D,Z)=>H.get(D)-H.get(Z)),N.forEach((D,Z)=>{$[D]=Z})}}function A(w,v){let O=0;for(let N of[s,a])for(let H of N[w])
for(let D of N[v])$[H]>$[D]&&O++;return O}function _(w){let v=!0;for(let O=0;v&&O<8;O++){v=!1;for(let N of b)for(let H=0;H+
1<N.length;H++){let D=N[H],Z=N[H+1],Q=A(D,Z),K=A(Z,D);(K<Q||w&&K===Q)&&(N[H]=Z,N[H+1]=D,$[D]=H+1,$[Z]=H,v=v||K<Q)}}}let J=b.
map(w=>w.slice()),X=T();for(let w=0,v=0;w<gs&&X&&v<ws;w++){v++,y(w%2===0),h<=xs&&(_(w%4<2),_(!1));let O=T();O<X&&(J=b.map(
N=>N.slice()),X=O,v=0)}b=J,C();let F=(w,v)=>(c[w]+c[v])/2+(w<n&&v<n?hs:ms),m=new Array(h).fill(0);for(let w of b){let v=0;
w.forEach((O,N)=>{v+=N?F(w[N-1],O):0,m[O]=v})}for(let w=0;w<6;w++)for(let v of w%2===0?b.slice().reverse():b){let O=[],N=[],
H=[],D=[],Z=0;v.forEach((K,At)=>{Z+=At?F(v[At-1],K):0,O.push(Z);let ue=w%2===0?a[K]:s[K],on=ue.length&&w<2?ue:s[K].concat(
a[K]),Hn=0;for(let de of on)Hn+=m[de];let Ce=(on.length?Hn/on.length:m[K])-Z,Le=K>=n?4:1,Kn=1;for(;N.length&&N[N.length-
1]>Ce;){let de=H.pop();Ce=(N.pop()*de+Ce*Le)/(de+Le),Le+=de,Kn+=D.pop()}N.push(Ce),H.push(Le),D.push(Kn)});let Q=0;N.forEach(
(K,At)=>{for(let ue=0;ue<D[At];ue++,Q++)m[v[Q]]=K+O[Q]})}let L=1/0;for(let w=0;w<h;w++)L=W(L,m[w]-c[w]/2);h||(L=0),m=m.map(
w=>w-L);let g=[],S=[],R=0,j=0;for(let w of b){let v=0;for(let O of w)v=I(v,i[O]);g.push(R),S.push(R+v),R+=v+je}for(let w=0;w<
h;w++)j=I(j,m[w]+c[w]/2);let P=o.map(w=>(g[w]+S[w])/2),ct=e.map(([w,v])=>[[P[w]+t[w][0]/2,m[w]],[S[o[w]],m[w]],...f.get(
w).slice(0,I(0,o[v]-o[w]-1)).flatMap(O=>[[g[l[O]],m[O]],[S[l[O]],m[O]]]),[g[o[v]],m[v]],[P[v]-t[v][0]/2,m[v]]]);return{x:P,
y:m.slice(0,n),columns:o,routes:ct,width:b.length?S[b.length-1]:0,height:j,crossings:X,down:!1}}function $s(t,e){let n=Array.
from({length:t},()=>[]),o=Array.from({length:t},()=>[]);for(let[s,a]of e)n[a].push(s),o[s].push(a);let i=new Array(t).fill(
0),c=0,l=1/0;for(let s=0;s<t;s++){for(let a of n[s])i[s]=I(i[s],i[a]+1);c=I(c,i[s])}for(let s=t-1;s>=0;s--){let a=o[s].length?
1/0:c;for(let f of o[s])a=W(a,i[f]-1);i[s]=a}for(let s=0;s<t;s++){if(n[s].length>o[s].length&&n[s].every(a=>o[a].length>
1)){let a=0;for(let f of n[s])a=I(a,i[f]+1);i[s]=a}l=W(l,i[s])}return i.map(s=>s-l)}var De=76,Sn=new Map;function Co(t){if(t<0||!/(^|= )[Σ∏] of/.test(st[t].label))return[];if(Sn.has(t))return Sn.get(t);
let e=[],n=[Ht[t]];for(Sn.set(t,e);n.length&&e.length<60;){let o=n.pop();d.home[o]===t?n.push(...[...Y.operands(o)].reverse()):
e.push(o)}return e}function Lo(t,e){let n=t.map(c=>r.R.data[c]).map(c=>isFinite(c)?c:0),o=I(...n.map(B))||1,i=W(7,(De-14)/
n.length);return n.map((c,l)=>`M${e+l*i} 14v${-11*c/o}h${I(1,i-1)}v${11*c/o}z`).join("")}var Cn=46,ve=7.9,Ut=11,bs=12,ys=32,oe=11.2/13,vs="http://www.w3.org/2000/svg",ks=matchMedia("(prefers-reduced-motion:red\
uce)"),q=(t,e,n={},o)=>{let i=document.createElementNS(vs,t);for(let c in n)i.setAttribute(c,n[c]);return o!==void 0&&(i.
textContent=o),e.append(i),i},Ct=u("picture"),To=null,Lt=()=>To??=Ct.getBoundingClientRect(),In=()=>{To=null};new ResizeObserver(
In).observe(Ct);var Be=new Map,_e=new Map,Ln=()=>{},Ft=null,Io=t=>{Ln=t};function qo(){for(let t of[d.boxes,30,22,16,11]){
Object.assign(r,{open:eo(st,$n,t),boxes:[],way:void 0,tight:!1});let e=Kt(Tn(),Rn());if(e>=oe||(r.tight=!0,r.way=void 0,
e>.6*oe&&Kt(Tn(),Rn())>=oe))break}Object.assign(r,{boxes:[],begun:r.open.slice()}),Oe()}var Rn=()=>{let{width:t,height:e}=Lt();
return[t-30,e-36]};function Tn(){xo();for(let s of r.boxes){let a=s.node,f=st[s.group],p=d.op[a]?G.formula(a):"";s.label=
f?`${ne(f)}: ${ze(s.group)}, press to open`:d.name[a]+(p&&` = ${p}`),s.steps=!f&&qt[a]>1&&qt[a]<=40?Wt(a):[],s.whole=!f||
f.closing>=0,s.terms=Co(s.group),[s.name,s.named,s.rest]=f&&f.label?[V(f.label),!0,""]:[V(d.name[a]),d.named[a],p&&Os(d.
name[a],p)],s.mark=f?d.origins.some(x=>ye(d.home[x],s.group))?"  not finite inside":"":d.origin[a]?`  ${d.origin[a][0]}`:
"";let h=d.forward?0:te(r.R.grad[a]).length+(qt[a]>1&&(r.tight?2:7))+8,$=s.whole?te(r.R.data[a]).length+h:ze(s.group).length;
s.remark=s.whole&&d.remarks[a]||[],s.high=Cn+15*s.remark.length,s.wide=I(...s.remark.map(x=>Ie(x)*ve),Ie(s.name+s.rest+s.
mark)*ve+(s.terms.length>1&&De),$*ve)+2*Ut}let t=Rn(),e=r.boxes.length<=bs,n=s=>t[s==="down"?1:0],o=s=>So(r.boxes.map(a=>[
a.wide,a.high+s]),r.edges,t,r.way),i=o(e?14:0);e&&Kt(i,t)<1&&(i=o(0)),r.way=i.down?"down":"right";let c=I(1,...i.columns),
l=n(r.way)-(i.down?i.height:i.width);return i=No(i,r.edges,I(ys,W(e?90:62,je+l/c))),r.boxes.forEach((s,a)=>{s.x=i.x[a],s.
y=i.y[a]}),i}function Oe(){let{boxes:t,boxOf:e}=r;Es(Tn(),t.length&&(n=>t[e[n]])),document.querySelector("#legend .folde\
d").hidden=r.boxes.every(n=>n.group<0)}function Os(t,e){let n=/^\w+\[\d+\]\[\d+\]\./.exec(t.replace(xt,"")),o=e.replace(
/row \d+: /g,"").replace(/\.layers\[(\d+)\]\.neurons\[(\d+)\]/g,"[$1][$2]");return" = "+V(n?o.replaceAll(n[0],"."):o)}var Ro=(t,e,n)=>{
t.style.transform=`translate(${n.x-e.wide/2}px,${n.y-e.high/2}px)`};function Es(t,e){let n=new Map;for(let o of r.boxes){
let i=Be.get(o.key)||As(o);Be.delete(o.key),n.set(o.key,i),o.element=i,[o.value,o.gradient]=i.querySelectorAll("tspan.da\
ta,tspan.grad");for(let c of i.querySelectorAll("rect.body,rect.back"))c.setAttribute("width",o.wide);i.querySelector("r\
ect.ring").setAttribute("width",o.wide+12),e&&Ro(i,o,e(o.node)??o),(i.parentNode!==u("boxes")||i.nextSibling)&&u("boxes").
append(i)}for(let o of Be.values())o.remove();Be=n,e&&Ct.getBoundingClientRect();for(let o of r.boxes)Ro(o.element,o,o);
u("edges").replaceChildren(),u("notes").replaceChildren(),_e=new Map,r.edges.forEach(([o,i],c)=>{let l=t.routes[c],[s,a]=l[0],
f=`M${s} ${a}`,[p,h]=l[0];for(let[X,F]of l.slice(1)){let m=(s+X)/2,L=(a+F)/2;f+=s===X||a===F?`L${X} ${F}`:t.down?`C${s} ${L}\
 ${X} ${L} ${X} ${F}`:`C${m} ${a} ${m} ${F} ${X} ${F}`,[s,a]=[X,F]}let $=`M${s} ${a}`+(t.down?"m-4 -8l4 8l4 -8":"m-8 -4l\
8 4l-8 4"),x=`M${p} ${h}`+(t.down?"m-4 8l4 -8l4 8":"m8 -4l-8 4l8 4"),b=q("path",u("edges"),{class:"edge",d:f+$}),[C,k]=l.
slice(-3),T=r.boxes[o].group<0&&r.boxes[i].group<0,y=r.edges.some(([X,F])=>F===i&&X!==o),A=C[0]<k[0]-1,_=t.down?A===y?-1:
1:0,J=T&&q("text",u("notes"),{class:"note","text-anchor":["end","middle","start"][_+1],x:(C[0]+k[0])/2+8*_,y:(C[1]+k[1])/
2+(_?4:-6)});_e.set(o*r.boxes.length+i,{u:o,v:i,line:b,path:f,there:$,back:x,note:J,way:$,middle:[(C[0]+k[0])/2,(C[1]+k[1])/
2]})})}function As(t){let e=t.group<0&&!d.op[t.node],n=t.group>=0,o=q("g",u("boxes"),{class:`box${e?" leaf":""}${n?" fol\
d":""}`,tabindex:0,role:"button"});o.dataset.key=t.key,q("title",o),q("rect",o,{class:"ring",x:-6,y:-6,height:t.high+12,
rx:11}),n&&q("rect",o,{class:"back",x:4,y:4,height:t.high,rx:7}),q("rect",o,{class:"body",height:t.high,rx:7});let i=t.whole&&
d.colours[t.node];i&&(o.classList.add("own"),o.style.setProperty("--own",i));let c=q("text",o,{x:Ut,y:19});q("tspan",c,{
class:t.named?"name":"how"},t.name),q("tspan",c,{class:"how"},t.rest),t.mark&&q("tspan",c,{class:"mark"},t.mark);let l=q(
"text",o,{x:Ut,y:36,lengthAdjust:"spacingAndGlyphs"});return t.whole?(q("tspan",l,{class:"data"}),q("tspan",l,{class:"ho\
w"},d.forward?"":"  grad "),q("tspan",l,{class:"grad"})):q("tspan",l,{class:"how"},ze(t.group)),t.remark.forEach((s,a)=>q(
"text",o,{class:"remark",x:Ut,y:53+15*a},s)),q("g",o,{class:"parts"}),o.addEventListener("click",()=>{We||Ln(t.key)}),o.
addEventListener("keydown",s=>{s.key!=="Enter"&&s.key!==" "||(Ln(t.key),s.preventDefault(),s.stopPropagation())}),o}var se=t=>ht(
t).element;function Mo(){let{s:t,kind:e,node:n,target:o}=vt(),i=r.quiz&&r.now<Y.STEPS?r.now:-1,c=i<0?-1:Y.stepInput[i]<0?
Mt[i]:Y.stepInput[i],l=e==="forward"?new Set(rt[n].filter(s=>typeof s=="number").map(s=>r.boxOf[s])):new Set;r.boxes.forEach(
(s,a)=>{let f=s.node,p=s.element.classList,h={now:o>=0&&r.boxOf[o]===a,back:o>=0&&r.boxOf[o]===a&&e!=="forward",sender:e===
"backward"&&r.boxOf[n]===a&&r.boxOf[o]!==a,feeds:l.has(a)&&r.boxOf[n]!==a,asked:c>=0&&r.boxOf[c]===a,chosen:r.boxOf[r.chosen]===
a&&s.group<0,later:!at(f),wrong:s.mark&&r.R===r.original,beside:!!s.beside};for(let x in h)p.toggle(x,!!h[x]);let $=s.label+
(h.wrong?`;${s.mark}`:"");if(s.value){let x=go(f),b=d.forward?"":mo(f);if($+=[`
${be(f)}`,...s.remark].join(`
`),s.value.textContent!==x||s.gradient.textContent!==b){s.value.textContent=x,s.gradient.textContent=b;let C=s.value.parentNode,
k=s.wide-2*Ut;Ie(C.textContent)*ve>k+2?C.setAttribute("textLength",k):C.removeAttribute("textLength")}s.value.classList.
toggle("changed",!d.op[f]&&!Object.is(r.leaves[f],Y.first[f]))}d.line[f]&&s.group<0&&($+=`
`+d.line[f]),s.title!==$&&(s.element.firstChild.textContent=s.title=$,s.element.setAttribute("aria-label",$.replaceAll(`\

`,"; "))),Ss(s)});for(let s of _e.values()){let{u:a,v:f,line:p,note:h}=s,$=r.boxes[a].node,x=r.boxes[f].node,b=e==="back\
ward"&&r.boxOf[o]===a&&r.boxOf[n]===f;p.classList.toggle("now",b),p.classList.toggle("ahead",e==="forward"&&r.boxOf[n]===
f&&l.has(a)&&rt[n].some(A=>typeof A=="number"&&r.boxOf[A]===a));let C=b?s.back:s.there;if(C!==s.way&&p.setAttribute("d",
s.path+(s.way=C)),!h)continue;let k=rt[x].filter(A=>A===$).length,T=r.slopes&&wo(x,$),y=b?"":T?te(Y.localOf(x,$,r.R.data)):
k>1?`used ${k}×`:"";h.textContent!==y&&(h.textContent=y),h.classList.toggle("slope",T)}Ns(e==="backward"&&r.boxOf[n]!==
r.boxOf[o]?_e.get(r.boxOf[o]*r.boxes.length+r.boxOf[n]):null,t),ht(o)&&Ee(ht(o)),Rt()}function Ss(t){let{steps:e}=t,n=t.
terms.length>1&&t.terms.every(at),o=e.length&&r.now>Y.SEED,i=n?1:o?e.filter(h=>h<r.now).length:-1,c=!r.fresh&&e.includes(
r.now-1);if(t.done===i&&t.last===c&&t.run===r.R)return;Object.assign(t,{done:i,last:c,run:r.R});let l=t.element.querySelector(
".parts");if(l.replaceChildren(),n&&q("path",l,{class:"spark",d:Lo(t.terms,t.wide-De+4)}),n||i<0)return;let s=e.map(h=>B(
r.R.amount[h])),a=s.reduce((h,$)=>h+$,0);if(!isFinite(a)||!a)return;let f=Ut,p=t.wide-2*Ut;q("rect",l,{class:"track",x:f,
y:Cn-6,width:p,height:4}),e.forEach((h,$)=>{let x=p*s[$]/a;h<r.now&&x>.4&&q("rect",l,{class:`part${r.R.amount[h]<0?" min\
us":""}${c&&h<r.now-1?" before":""}`,x:f+.5,y:Cn-6,width:I(.4,x-1),height:4}),f+=x})}var Nn=0;function Ns(t,e){let n=u("\
pill");if(cancelAnimationFrame(Nn),n.replaceChildren(),!t){n.dataset.step="";return}let o=Gn(r.R.amount[e]),i=o.length*ve+
14,c=n.dataset.step===String(e);q("rect",n,{x:-i/2,y:-11,width:i,height:22,rx:11}),q("text",n,{"text-anchor":"middle",y:4.5},
o);let l=(h,$)=>n.setAttribute("transform",`translate(${h} ${$})`);if(n.dataset.step=e,l(...t.middle),ks.matches||c||document.
hidden)return;let s=performance.now(),{line:a,middle:f}=t,p=h=>{t.long??=a.getTotalLength()-18;let $=k=>a.getPointAtLength(
t.long*k),x=k=>{let T=$(k);return Math.hypot(T.x-f[0],T.y-f[1])};t.rest??=Array.from({length:20},(k,T)=>T/20).reduce((k,T)=>x(
T)<x(k)?T:k);let b=W(1,I(0,(h-s)/600)),C=$(1-(1-t.rest)*(1-(1-b)**2));b<1?(l(C.x,C.y),Nn=requestAnimationFrame(p)):l(...f)};
Nn=requestAnimationFrame(p)}function qn(t,e,n=()=>[]){let o=ht(e)??r.boxes[0],i=o.x*U+dt,c=o.y*U+pt;t(),Oe();let l=ht(e);
dt=i-l.x*U,pt=c-l.y*U,U<oe&&re(oe/U,i,c),it();let{width:s,height:a}=Lt(),f=([h,$,x,b])=>($-h)*U<s-20&&(b-x)*U<a-80,p=n();
f(jt(r.boxes))?Cs():p.length&&f(jt(p))?zo(jt(p)):r.focus?Xt(e):Ee(l),Rt(!0)}function Po(t){let e=Pt(t),n=e.filter(i=>!r.
open[i]),o=ht(t);(n.length||!o)&&qn(()=>{for(let i of n)r.open[i]=!0;Fe(e[e.length-1])},o?o.node:t)}var ht=t=>r.boxes[r.
boxOf[t]],U=1,dt=0,pt=0,We=!1,ke=new Map,jt=t=>{let e=(n,o,i)=>n*I(...t.map(c=>n*c[o]+c[i]/2));return[e(-1,"x","wide"),e(
1,"x","wide"),e(-1,"y","high"),e(1,"y","high")]};function Rt(t){let{width:e,height:n}=Lt();if(r.boxes.length&&e){let[o,i,
c,l]=jt(r.boxes),s=60;dt=W(e-s-o*U,I(s-i*U,dt)),pt=W(n-s-c*U,I(s-l*U,pt))}t!==void 0&&u("view").classList.toggle("glide",
t),u("view").style.transform=`translate(${dt}px,${pt}px) scale(${U})`}function re(t,e,n){let{width:o,height:i}=Lt();e??=
o/2,n??=i/2;let c=I(.02,W(4,U*t));dt=e-(e-dt)*c/U,pt=n-(n-pt)*c/U,U=c,Rt(!1)}function Cs(){let{width:t,height:e}=Lt(),[n,
o,i,c]=jt(r.boxes);dt=(t-(n+o)*U)/2,pt=(e-(i+c)*U)/2}function Xt(t,e=oe,n=r.boxes){In();let{width:o,height:i}=Lt(),[c,l,
s,a]=jt(n),f=ht(t)??r.boxes[0];U=I(e,.02,W(1.8,(o-40)/(l-c),(i-46)/(a-s)));let p=(h,$,x,b)=>(x-$)*U<=h-20?(h-($+x)*U)/2:
W(20-$*U,I(h-20-x*U,h/2-b*U));dt=p(o,c,l,f.x),pt=p(i,s,a,f.y),Rt(!0)}var Mn=()=>Xt(M,0),Ee=t=>zo(jt([t]));function zo([t,
e,n,o]){let{width:i,height:c}=Lt(),l=u("crumbs").hidden?14:44,s=(p,h,$,x)=>h-p>x-$?($+x-p-h)/2:I(0,$-p)+W(0,x-h),a=s(t*U+
dt,e*U+dt,12,i-12),f=s(n*U+pt,o*U+pt,l,c-14);!a&&!f||(dt+=a,pt+=f,Rt(!0))}function He(){In(),Oe(),it(),Xt(r.chosen)}var Fo=()=>{},
jo=t=>{Fo=t};Ct.addEventListener("wheel",t=>{if(document.documentElement.scrollHeight>innerHeight&&!t.ctrlKey)return;t.preventDefault();
let e=Lt();re(Math.exp(-t.deltaY*.0015),t.clientX-e.left,t.clientY-e.top)},{passive:!1});Ct.addEventListener("pointerdow\
n",t=>{We=!1;let e=t.target.closest(".box.leaf .data");if(e&&!ke.size&&!r.quiz&&!d.fixed){let n=Number(e.closest(".box").
dataset.key.slice(1)),o=r.leaves[n];isFinite(o)&&(Ft={id:t.pointerId,i:n,from:t.clientX,x:o,unit:(B(Y.first[n])||1)/100})}
ke.set(t.pointerId,{start:t,last:t})});addEventListener("pointermove",t=>{let e=ke.get(t.pointerId);if(!e)return;Math.hypot(
t.clientX-e.start.clientX,t.clientY-e.start.clientY)>4&&(We=!0);let{last:n}=e;if(e.last=t,!We)return;if(Ft&&Ft.id===t.pointerId){
Fo(Ft.i,Number((Ft.x+Math.round(t.clientX-Ft.from)*Ft.unit).toPrecision(6)));return}let o=[...ke.values()].filter(i=>i!==
e);if(o.length){let i=Lt(),c=o[0].last,l=s=>Math.hypot(s.clientX-c.clientX,s.clientY-c.clientY)||1;re(l(t)/l(n),c.clientX-
i.left,c.clientY-i.top)}else dt+=t.clientX-n.clientX,pt+=t.clientY-n.clientY,Rt(!1)});for(let t of["pointerup","pointerc\
ancel"])addEventListener(t,e=>{ke.delete(e.pointerId),Ft=null});addEventListener("beforeprint",()=>{let[t,e,n,o]=jt(r.boxes);
Ct.setAttribute("viewBox",`${t-9} ${n-9} ${e-t+18} ${o-n+18}`),u("view").style.transform=""});addEventListener("afterpri\
nt",()=>{Ct.removeAttribute("viewBox"),Rt()});var Do=33,Ls=4e3,Pn=()=>!d.op[r.chosen],Bo=()=>B(ot[r.chosen])||1;function Ae(t,e){r.chosen=t,Ke(""),vn(t,e),it()}var Ke=t=>{
u("trouble").textContent=t,u("value").setAttribute("aria-invalid",!!t)};function _o(){let t=r.chosen,e=yn();if(u("whatif").
hidden=r.quiz||!!d.fixed||!Pn()&&!e.length,u("try").hidden=!Pn(),u("whatif").hidden)return;let n=u("chips").contains(document.
activeElement);u("chips").replaceChildren();for(let s of e){let a=E(u("chips"),"button",`${V(d.name[s])} ${nt(ot[s])} → ${nt(
r.leaves[s])} ✕`);a.setAttribute("aria-label",`put ${d.name[s]} back from ${nt(r.leaves[s])} to ${nt(ot[s])}`),a.onclick=
()=>Ae(s,ot[s])}e.length>1&&(E(u("chips"),"button","put all back").onclick=()=>{for(let s of e)vn(s,ot[s]);it()}),n&&(u(
"chips").firstChild||u("value")).focus();let o=r.original.data[M],i=r.R.data[M],c=Zn(r.original,ot,r.leaves,e),l=V(d.name[M]);
if(e.length){let s=e.slice(0,4).map(a=>`${z(r.original.grad[a])} × ${wt(r.leaves[a]-ot[a])}`).join(" + ")+(e.length>4?"\
 + …":"");u("tangent").textContent=`${l} = ${nt(i)} instead of ${nt(o)}: it changes by ${z(i-o)}.`+(d.forward?"":` The\
 gradients say ${s} = ${z(c)}.`)}else u("tangent").textContent=`Type another number, or a change such as +0.1, or drag i\
t: what becomes of ${l}?`;Pn()&&(u("whatname").textContent=`${V(d.name[t])} =`,document.activeElement!==u("value")&&(u("\
value").value=nt(r.leaves[t]),Ke("")),u("less").disabled=u("greater").disabled=!isFinite(ot[t]),Rs(t))}function Rs(t){let e=u(
"curve"),n=r.leaves[t];if(e.replaceChildren(),u("curvebox").hidden=bt>Ls||!isFinite(n)||!isFinite(r.R.data[M])||t===M,u(
"curvebox").hidden)return;let o=I(Bo(),1.25*B(n-ot[t])||0),i=300,c=120,l=ot[t]-o,s=ot[t]+o,a=Array.from({length:Do},(F,m)=>l+
(s-l)*m/(Do-1)),f=Y.curve(r.leaves,t,a),p=f.filter(isFinite);if(p.length<2){u("curvebox").hidden=!0;return}let h=W(...p),
$=I(...p);$-h<1e-12*I(1,B($))&&(h-=1,$+=1);let x=F=>8+(i-16)*(F-l)/(s-l),b=F=>c-10-(c-20)*(F-h)/($-h),C=(F,m)=>q("path",
e,{class:F,d:m}),k="",T=!1;a.forEach((F,m)=>{T=isFinite(f[m])?(k+=`${T?"L":"M"}${x(F).toFixed(1)} ${b(f[m]).toFixed(1)}`,
!0):!1});let y=r.R.grad[t],A=r.R.data[M];C("axis",`M8 ${c-2}H${i-8}`),isFinite(y)&&!d.forward&&C("tan",`M${x(l)} ${b(A+y*
(l-n))}L${x(s)} ${b(A+y*(s-n))}`),C("fun",k);let _=(F,m,L)=>q("circle",e,{class:F,cx:x(m),cy:b(L),r:4});n!==ot[t]&&yn().
length===1&&isFinite(r.original.data[M])&&_("ghost",ot[t],r.original.data[M]),_("dot",n,A);let J=V(d.name[M]),X=V(d.name[t]);
u("curvesays").textContent=`${J} over ${X}, from ${z(l)} to ${z(s)}`+(d.forward?"":`; dashed: its tangent here, slope ${z(
y)}`),e.setAttribute("aria-label",u("curvesays").textContent)}function Wo(){tt("value","input",()=>{let e=u("value").value,
n=Re(e);n===void 0?Ke(Te(e)):Ae(r.chosen,/^ *\+/.test(e)?ot[r.chosen]+n:n)}),tt("value","blur",()=>{u("value").value=nt(
r.leaves[r.chosen]),Ke("")});let t=e=>()=>Ae(r.chosen,Number((r.leaves[r.chosen]+e*Bo()).toPrecision(12)));tt("less","cl\
ick",t(-.1)),tt("greater","click",t(.1))}var kt=u("net"),Xe=kt.firstElementChild,Vt=[...kt.querySelectorAll(".neuron")],zn=[...kt.querySelectorAll("line[data-n]")],
ce=t=>Number(t.dataset.n??t.dataset.bias??NaN),Ho=t=>r.R.data[t]<0?"minus":"plus",Tt=null;function Ko(t){let e=B(t);return!isFinite(
t)||!e?z(t):e<.005||e>=9999.5?t.toExponential(0).replace("e+","e"):String(Number(t.toFixed(e<9.995?2:e<99.95?1:0)))}var mt=new Map,
Ve=new Set(d.network?.weights);for(let t of[...zn,...Vt])for(let e of[t.dataset.n,t.dataset.bias])e&&mt.set(Number(e),t);
for(let t of Vt){let e=t.dataset.bias&&t.dataset.n?[...rt[t.dataset.n]]:[];for(;e.length;){let n=e.pop();if(!lt(n)||mt.has(
n))continue;let o=rt[n].find(i=>Ve.has(i));mt.set(n,o===void 0?t:mt.get(o)),o===void 0&&e.push(...rt[n])}}function Xo(){
if(kt.hidden)return;let{largest:t,widest:e}=Xe.dataset,{kind:n,node:o,target:i}=vt(),c=n?[mt.get(o),mt.get(i)]:[],l=c.find(
s=>Ye.get(s));l&&(Tt=l);for(let s of zn){let a=ce(s),f=B(r.R.data[a])/t;s.setAttribute("class",`${Ho(a)}${c.includes(s)?
n==="forward"?" ahead":" now":""}`),s.setAttribute("stroke-width",.4+(e-.4)*W(2,f)),s.setAttribute("opacity",W(1,.2+.7*f)),
s.firstChild.textContent=`${d.name[a]}: ${be(a)}`}for(let s of Vt){if(s.classList.toggle("now",c.includes(s)&&n!=="forwa\
rd"),s.classList.toggle("ahead",c.includes(s)&&n==="forward"),s.classList.toggle("chosen",s===Tt),!s.dataset.n)continue;
let a=ce(s),f=s.querySelector(".tint"),p=s.querySelector(".value"),h=s.querySelector(".grad");p.textContent=at(a)?Ko(r.R.
data[a]):"?",h.textContent=Pe(a)?Ko(ho(a)):It(a)?"0":"",f.setAttribute("class","tint "+Ho(a)),f.setAttribute("fill-opaci\
ty",at(a)?W(.36,s.dataset.tint*B(r.R.data[a])):0),s.classList.toggle("dead",Uo(s)),s.firstChild.textContent=`${s.dataset.
name}, ${be(a)}`,s.setAttribute("aria-label",s.firstChild.textContent+(Uo(s)?", its activation passes nothing back":""))}
Vo()}function Ts(t){let e=t.dataset.n===void 0?-1:Number(t.dataset.n),n=t.dataset.bias;if(n===void 0||e<0)return null;let o=a=>lt(
a)&&d.op[a]==="add",i=o(e)?e:rt[e].find(o)??e,c=[],l=[i];for(;l.length;){let a=l.pop();for(let f of[...rt[a]].reverse())
!lt(f)||f===Number(n)||(o(f)&&mt.get(f)===t?l.push(f):rt[f].some(p=>Ve.has(p))&&c.push(f))}let s=c.map(a=>{let f=rt[a].find(
p=>Ve.has(p));return{product:a,weight:f,given:rt[a].find(p=>p!==f)??f}});return s.sort((a,f)=>d.network.weights.indexOf(
a.weight)-d.network.weights.indexOf(f.weight)),{output:e,sum:i,bias:Number(n),rows:s}}var Fn=t=>t.output===t.sum?1:Y.localOf(
t.output,t.sum,r.R.data);function Uo(t){let e=Ye.get(t);return!!e&&e.output!==e.sum&&at(e.output)&&Fn(e)===0}var Ye=new Map(
Vt.map(t=>[t,Ts(t)]));function Vo(){let t=u("card"),e=Tt&&Ye.get(Tt);if(u("cardbox").hidden=kt.hidden||!e,u("chosen").hidden=
!u("cardbox").hidden&&!!d.op[r.chosen],u("cardbox").hidden)return;t.replaceChildren(),u("cardname").textContent=Tt.dataset.
name;let n=a=>at(a)?nt(r.R.data[a]):"?",o=E(t,"table"),i=E(o,"tr"),c=I(...[...e.rows.map(a=>a.product),e.bias].map(a=>B(
r.R.data[a])))||1;for(let a of["from","input × weight","",""])E(i,"th",a);let l=(a,f,p)=>{let h=E(o,"tr"),$=r.R.data[p];
E(h,"td",a),E(h,"td",f),E(h,"td",n(p),"d");let x=E(h,"td",void 0,"bar"),b=E(x,"i",void 0,$<0?"minus":"plus");b.style.width=
`${at(p)?50*B($)/c:0}%`};e.rows.slice(0,24).forEach((a,f)=>{let p=lt(a.given),h=p?r.R.data[a.given]:Number(a.given[0]),$=p&&
mt.get(a.given)?mt.get(a.given).dataset.name??V(d.name[a.given]):`input ${f}`,x=pe(r.R.data[a.weight]);l($.replace(/ of layer .*/,
""),`${p&&!at(a.given)?"?":pe(h)} × ${x[0]==="-"?`(${x})`:x}`,a.product)}),e.rows.length>24&&E(E(o,"tr"),"td",`and ${e.
rows.length-24} more`),l("bias","",e.bias);let s=E(o,"tr",void 0,"total");if(E(s,"td","sum"),E(s,"td",""),E(s,"td",n(e.sum),
"d"),E(s,"td",""),e.output!==e.sum){let a=d.op[e.output];zt(t,[`${a}(${n(e.sum)}) = ${n(e.output)}`,`<mi mathvariant="no\
rmal">${a}</mi><mo>(</mo><mn>${n(e.sum).replace("-","−")}</mn><mo>)</mo>
<mrow class="d"><mn>${n(e.output).replace("-","−")}</mn></mrow>`],"big"),at(e.output)&&(qs(t,e,a),d.forward||E(t,"p",Is(
e,a)))}else E(t,"p","It has no activation: it gives the sum.","f");Ms(t,e.output),d.forward||E(t,"p",`gradient of its ou\
tput ${ee(e.output)}${e.output===e.sum?"":`, of its sum ${ee(e.sum)}`}`,"g")}function Is(t,e){let n=Fn(t),o=z(r.R.data[t.
sum]);return n===0?`${e} is shut at ${o}: its slope is 0, and it passes nothing back to its weights.`:B(n)<.05?`${e} is \
flat at ${o} (saturated): its slope is ${z(n)}, and hardly anything is passed back.`:`The slope of ${e} at ${o} is ${z(n)}\
: so much of the gradient is passed back.`}function qs(t,e,n){let o=r.R.data[e.sum],i=k=>Y.ops[n].f(...rt[e.output].map(
(T,y)=>T===e.sum?k:lt(T)?r.R.data[T]:Y.plain[e.output][y]));if(!isFinite(o))return;let c=I(3,1.3*B(o)),l=Array.from({length:61},
(k,T)=>c*(T/30-1)),s=l.map(i);if(!s.every(isFinite))return;let a=W(...s,0),f=I(...s,.1),p=k=>150+140*k/c,h=k=>90-80*(k-a)/
(f-a),$=q("svg",t,{viewBox:"0 0 300 100",class:"curve",role:"img","aria-label":`${n}, at ${z(o)}`});q("path",$,{class:"a\
xis",d:`M8 ${h(0)}H292M150 6V96`}),q("path",$,{class:"fun",d:"M"+l.map((k,T)=>`${p(k).toFixed(1)} ${h(s[T]).toFixed(1)}`).
join("L")});let x=Fn(e),b=r.R.data[e.output],C=.3*c;d.forward||q("path",$,{class:"tan",d:`M${p(o-C)} ${h(b-x*C)}L${p(o+C)}\
 ${h(b+x*C)}`}),q("circle",$,{class:"dot",cx:p(o),cy:h(b),r:4.5})}var ie=Vt.filter(t=>t.dataset.n&&!t.dataset.bias).map(
ce),ae=24,Ue={};function Ms(t,e){if(ie.length!==2||Y.N>4e3||ie.some(s=>d.op[s]||!isFinite(r.R.data[s])))return;let n=1.5*
I(1,...ie.map(s=>B(r.R.data[s]))),o=s=>n*((2*s+1)/ae-1);if(Ue.run!==r.R||Ue.output!==e){let s=r.leaves.slice(),a=document.
createElement("canvas"),f=a.getContext("2d"),p=[];a.width=a.height=ae;for(let $=0;$<ae;$++)for(let x=0;x<ae;x++)s[ie[0]]=
o(x),s[ie[1]]=-o($),p.push(Y.valuesOf(s)[e]);let h=I(...p.map(B))||1;p.forEach(($,x)=>{f.fillStyle=$<0?"#d55e00":"#0072b\
2",f.globalAlpha=B($)/h||0,f.fillRect(x%ae,Math.floor(x/ae),1,1)}),Ue={run:r.R,output:e,values:p,url:a.toDataURL()}}let i=q(
"svg",t,{viewBox:"0 0 300 146",class:"curve",role:"img","aria-label":`what it gives for inputs from ${z(-n)} to ${z(n)}`});
q("image",i,{href:Ue.url,x:80,y:2,width:140,height:140,preserveAspectRatio:"none"}),q("path",i,{class:"axis",d:"M80 2h14\
0v140h-140zM150 2v140M80 72h140"});let[c,l]=ie.map(s=>r.R.data[s]/n*70);q("circle",i,{class:"dot",cx:150+c,cy:72-l,r:4.5}),
q("text",i,{x:224,y:76},"x0"),q("text",i,{x:60,y:13},"x1")}function Se(t){kt.hidden=!t,Ct.style.display=t?"none":"";for(let e of[
"fit","partials"])u(e).hidden=t;u("legend").hidden=t,u("network").setAttribute("aria-pressed",t),Vo(),t?Xo():He()}function Ps(t){
for(let e of t)for(let n of Pt(e))r.open[n]=!0;r.focus=0,Oe(),it(),Xt(t[0],0,t.map(ht))}function zs(t){let e=[...mt.keys()].
filter(i=>mt.get(i)===t),n=i=>rt[i].filter(c=>Ve.has(c)),o=e.flatMap(i=>rt[i].filter(c=>lt(c)&&n(c).length));Se(!1),r.chosen=
ce(t),Ps([r.chosen,...e,...o,...o.flatMap(n)]),se(r.chosen).focus({preventScroll:!0})}function Fs(t){let e=t.target.closest(
".neuron[role],line[data-n]");!e||t.key&&t.key!=="Enter"&&t.key!==" "||(t.preventDefault(),t.stopPropagation(),r.chosen=
ce(e),Tt=e.tagName==="line"?Tt:e,it())}function Yo(){if(d.network){Xe.setAttribute("role","group");for(let t of["width",
"height"])Xe.style.setProperty("min-"+t,Xe.getAttribute(t)+"px");for(let t of[...Vt,...zn])isNaN(ce(t))||(t.setAttribute(
"tabindex",0),t.setAttribute("role","button"),!(!t.dataset.n||t.tagName==="line")&&q("text",t,{class:"grad",y:34}));for(let t of[
"click","keydown"])kt.addEventListener(t,Fs);tt("scalars","click",()=>zs(Tt)),Me(Xo),addEventListener("keydown",t=>{t.key===
"n"&&t.target.tagName!=="INPUT"&&!t.ctrlKey&&!t.metaKey&&!t.altKey&&Se(kt.hidden)}),tt("network","click",()=>Se(kt.hidden)),
addEventListener("look",()=>{kt.hidden||Se(!1)}),d.network.open&&(r.chosen=M,Tt=Vt.find(t=>Ye.get(t))??null,Se(!0))}}var Ge=0,jn=-1,Je=0,Ne=0,Dn=()=>{};function Bn(){let t=r.now,e=Mt[t],n=$e[t],o=r.R;if(n===-1){let c=G.valueLine(e,o.data,
!0);return{say:`What is ${V(d.name[e])}?`,line:c,right:o.data[e],hints:["Put the numbers of its inputs in.",`${c[0].split(
" = ").slice(-2)[0]} is it.`]}}if(n===-2)return{say:`What is ${G.d(M,M)}?`,line:[`${G.d(M,M)} = ?`,G.partial(M,M,"g")+`
<mo>?</mo>`],right:1,hints:["How much does a number change when it changes itself?","Just as much: 1."]};let i=G.slope(e,
n,o.data);return{say:`What does ${V(d.name[e])} = ${G.formula(e)} hand to ${V(d.name[n])}?`,line:G.chainLine(t,e,n,o,!0),
right:o.amount[t],hints:[i?`The local slope is ${G.d(e,n)} = ${xe(i)}.`:`The local slope ${G.d(e,n)} is a constant.`,`${z(
o.grad[e])} × ${wt(o.local[t])} is it.`]}}function Jo(){if(u("ask").hidden=!r.quiz,!r.quiz)return;let t=r.now>=et;if(u(
"answer").hidden=t,u("again").hidden=!t,t){u("verdict").textContent=`${u("verdict").dataset.last||""} Done: ${Je} of ${Ne}\
 at the first try.`.trim();return}jn!==r.now&&(jn=r.now,Ge=0);let{say:e,line:n}=Bn();u("question").replaceChildren(),E(u(
"question"),"span",e+" "),E(u("question"),"span",n[0],"said"),u("asked").innerHTML=An(n[1])}var Qe=t=>{u("verdict").textContent=
u("verdict").dataset.last=t},Ot=()=>{Qe(""),u("guess").removeAttribute("aria-invalid")};function Qo(t){Dn=t,tt("answer",
"submit",e=>{e.preventDefault();let{right:n,hints:o}=Bn(),i=u("guess").value,c=Re(i);if(u("guess").setAttribute("aria-in\
valid",c===void 0),c===void 0){Qe(i.trim()?Te(i):"Type a number.");return}if(!(c===n||isNaN(c)&&isNaN(n)||B(c-n)<=.005*B(
n)+1e-9)){Qe(`Not ${z(c)}. ${o[W(Ge++,1)]}`);return}Ne++,Ge||Je++,Go(`Right: ${nt(n)}.`)}),tt("reveal","click",()=>{Ne++,
Go(`It was ${nt(Bn().right)}.`)}),tt("again","click",()=>{Je=Ne=0,Ot(),Dn(0),u("guess").focus()})}function Go(t){Qe(t),u(
"guess").value="",Dn(r.now+1),(r.now>=et?u("again"):u("guess")).focus()}var Zo=()=>{Je=Ne=0,Ge=0,jn=-1,Ot()};var Ze=0,gt=[],le=-1,fe=()=>Ze>0;function Et(t){r.fresh=!1,Qt(t);let{kind:e,target:n}=vt();e&&(r.chosen=n),it()}var os=/\[(\d+)\]\[\d+\]|layers\[(\d+)\]/,
js={operation:null,box:t=>r.boxOf[t],layer:t=>{let e=os.exec(d.name[t]);return e?`layer ${e[1]??e[2]}`:r.boxOf[t]},row:t=>xt.
exec(d.name[t])?.[1]??"none"},en=(t,e=u("unit").value)=>{Ot();let n=js[e];Et(n?to(Y,r.now,t,n):r.now+t)};function nn(t){
if(clearTimeout(Ze),Ze=0,t&&r.now<et&&!r.quiz){let{kind:e}=vt(),n=[...u("line").querySelectorAll("p,h2")].map(o=>o.querySelector(
".said")?.textContent??o.textContent).join(" ");Ze=setTimeout(()=>{en(1),nn(!0)},Jn(n,e==="backward"?3e3:1200)/Number(u(
"speed").value))}u("play").textContent=fe()?"pause":"play",u("play").classList.toggle("on",fe())}var ts=t=>{r.quiz&&r.now<
et?(r.fresh=!1,it(),u("guess").focus()):en(1,t)},ss=()=>u("unit").value==="operation"?"box":u("unit").value;function Ds(){
u("time").value=r.now,u("time").setAttribute("aria-valuetext",`step ${r.now} of ${et}`),u("count").textContent=`${ft(r.now)}\
 / ${ft(et)}`;for(let i of["play","time","next","last","skip"])u(i).disabled=r.quiz&&r.now<et;u("play").title=r.quiz?"th\
e quiz waits for your answers":"play (space)",r.quiz&&fe()&&nn(!1);let t=Pt(ht(r.chosen)?r.chosen:Ht[r.focus]).filter(i=>r.
open[i]&&(i===0||Zt[i]>1)),e=u("crumbs"),n=e.contains(document.activeElement),o=t.join();e.dataset.way!==o&&(e.dataset.way=
o,e.replaceChildren(),e.hidden=t.length<2||bt<=d.boxes,e.hidden||t.forEach((i,c)=>{let l=c===t.length-1,s=E(e,l?"span":"\
button",i?V(ne(st[i])):"all");l||(s.title="fold back to this",s.onclick=()=>_n(t[c+1],!1))}),n&&(e.querySelector("button")||
u("picture")).focus())}function rs(t){r.chosen=t,Po(t),it(),Ee(ht(t))}function _n(t,e){r.chosen=Ht[t],qn(()=>{r.open[t]=
e;for(let n=t+1;!e&&n<st.length&&st[n].parent>=t;n++)r.open[n]=!1;Fe(t)},Ht[t],()=>e?r.boxes.filter(n=>ye(d.home[n.node],
t)):[]),se(Ht[t]).focus({preventScroll:!0})}Io(t=>{let e=Number(t.slice(1));t[0]==="g"?_n(e,!0):(rs(e),se(e).focus({preventScroll:!0}))});
jo(Ae);vo(t=>{Ot(),Et(t)});function Wn(t){let e=u("find").value.trim().toLowerCase();if(!t){if(gt=[],le=-1,e)for(let o=0;o<
bt;o++)(d.name[o].toLowerCase().includes(e)||d.op[o].toLowerCase()===e)&&gt.push(o);let n=gt.findIndex(o=>d.name[o].toLowerCase()===
e);n>0&&gt.unshift(...gt.splice(n,1)),u("hits").textContent=e?gt.length?`${ft(gt.length)} found`:"nothing found":"";return}
gt.length&&(le=(le+1)%gt.length,dispatchEvent(new Event("look")),rs(gt[le]),u("hits").textContent=`${le+1} of ${ft(gt.length)}`)}
var tn=(t,e)=>u(t).setAttribute("aria-pressed",e),Dt={first:()=>{Ot(),Et(0)},back:()=>en(-1),next:()=>ts(),last:()=>{Ot(),
Et(et)},fit:Mn,skip:()=>ts(ss()),play:()=>{r.quiz||(!fe()&&r.now>=et&&Et(0),nn(!fe()))},partials:()=>{r.slopes=!r.slopes,
tn("partials",r.slopes),it()},quiz:()=>{r.quiz=!r.quiz,tn("quiz",r.quiz),Zo(),r.fresh=!0,Qt(r.quiz?0:et),it(),r.quiz&&u(
"guess").focus()},tovalue:()=>{Ot(),Et(Oo(r.chosen))},tograd:()=>{let t=r.chosen;Ot(),Et(Eo(t))},unfold:()=>_n(Number(u(
"unfold").dataset.group),!1)};for(let t in Dt)tt(t,"click",Dt[t]);tt("time","input",()=>{Ot(),Et(Number(u("time").value))});
tt("find","input",()=>Wn(!1));tt("find","keydown",t=>{t.key==="Enter"&&Wn(!0)});tt("find","change",()=>{le<0&&Wn(!0)});tt(
"speed","change",()=>nn(fe()));var es={ArrowRight:Dt.next,ArrowLeft:Dt.back," ":Dt.play,Home:Dt.first,End:Dt.last,0:Mn,s:Dt.
partials,"+":()=>re(1.25),"-":()=>re(.8)};addEventListener("keydown",t=>{let e=t.target.tagName;if(!(e==="INPUT"&&t.target.
type!=="range"||e==="SELECT"||t.ctrlKey||t.metaKey||t.altKey)&&!(e==="INPUT"||t.key===" "&&e==="BUTTON")){if(t.shiftKey&&
t.key.startsWith("Arrow")&&!r.quiz){en(t.key==="ArrowRight"?1:-1,ss()),t.preventDefault();return}es[t.key]&&(es[t.key](),
t.preventDefault())}});addEventListener("focusin",t=>{let e=r.boxes.find(({element:n})=>n===t.target);e?.element.matches(
":focus-visible")&&(Ee(e),u("picture").scrollIntoView({block:"nearest"}))});for(let t of["pointerover","focusin"])addEventListener(
t,e=>{let n=e.target.closest?.("[data-node]")?.dataset.node;for(let o of document.querySelectorAll(".pointed"))o.classList.
remove("pointed");if(n!==void 0){se(Number(n)).classList.add("pointed");for(let o of document.querySelectorAll(`#panel [\
data-node="${n}"]`))o.classList.add("pointed")}});for(let t of[Mo,bo,ko,_o,Jo,Ds])Me(t);Wo();Qo(Et);d.name.filter((t,e)=>d.
named[e]).slice(0,500).forEach(t=>{E(u("names"),"option").value=t});u("title").textContent=d.title;u("time").max=et;document.
documentElement.style.setProperty("--forward",`${100*yt/et}%`);d.name.some(t=>os.test(t))&&E(u("unit"),"option","layer");
d.name.some(t=>xt.test(t))&&E(u("unit"),"option","row");tn("quiz",r.quiz);u("network").hidden=!d.network;qo();bt>200&&(u(
"unit").value="box");r.slopes=d.partials??(r.boxes.length<=12&&!r.quiz);document.body.classList.toggle("values",d.forward);
tn("partials",r.slopes);var ns=d.origins[0]??d.op.findIndex((t,e)=>!t&&d.named[e]&&r.boxes[r.boxOf[e]].group<0);ns>=0&&(r.
chosen=ns);d.start===void 0||r.quiz?(Qt(r.quiz?0:et),it()):Et(d.start);Xt(r.quiz||d.start===0?0:d.start?r.chosen:d.origins[0]??
M);Rt(!1);addEventListener("resize",He);Yo();})();
